// The original's function, written again from its description: fetch the upload, resize it to 512 by
// 512 with sharp, put it as JPEG. AWS runs such a function with its runtime for Node. Here a short
// loop over the runtime API replaces it, which is faster.
import http from "node:http";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";

const { AWS_LAMBDA_RUNTIME_API, AWS_REGION, AWS_ENDPOINT_URL_S3 } = process.env;
const { DEST_BUCKET_NAME, FOLDER_INPUT, FOLDER_OUTPUT, PROCESS_WIDTH, PROCESS_HEIGHT } = process.env;
const client = new S3Client({
  region: AWS_REGION,
  endpoint: AWS_ENDPOINT_URL_S3,
  forcePathStyle: true,
});

async function handler(event) {
  const { bucket, object } = event.Records[0].s3;
  const key = decodeURIComponent(object.key.replaceAll("+", " "));
  const found = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
  const original = Buffer.from(await found.Body.transformToByteArray());
  const size = { width: Number(PROCESS_WIDTH), height: Number(PROCESS_HEIGHT) };
  const avatar = await sharp(original).resize(size).jpeg().toBuffer();
  const put = key.replace(FOLDER_INPUT, FOLDER_OUTPUT).replace(/\.[^.]*$/, ".jpg");
  const image = { Bucket: DEST_BUCKET_NAME, Key: put, Body: avatar, ContentType: "image/jpeg" };
  await client.send(new PutObjectCommand(image));
  return { put };
}

const agent = new http.Agent({ keepAlive: true });

function exchange(method, path, body) {
  return new Promise((resolve, reject) => {
    const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`;
    const request = http.request(url, { method, agent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve([response.headers, Buffer.concat(parts)]));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const [headers, event] = await exchange("GET", "next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    const answer = await handler(JSON.parse(event));
    await exchange("POST", `${id}/response`, JSON.stringify(answer));
  } catch (error) {
    await exchange("POST", `${id}/error`, JSON.stringify({ errorMessage: String(error) }));
  }
}
