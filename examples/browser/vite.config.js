import { defineConfig } from "vite";

// The package and the sample photo are outside of this folder. An app that installs roundel from a
// registry needs no configuration.
export default defineConfig({
  server: { fs: { allow: ["../.."] } },
  build: { target: "es2022", assetsInlineLimit: 0 },
});
