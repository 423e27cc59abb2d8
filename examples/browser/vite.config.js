import { defineConfig } from "vite";

// The package lies beside this example, and the sample photo beside it, not below. An app that
// installs roundel from a registry needs no configuration.
export default defineConfig({
  server: { fs: { allow: ["../.."] } },
  build: { target: "es2022", assetsInlineLimit: 0 },
});
