import { defineConfig } from 'vite';

export default defineConfig({
  server: {
    // The package roundel is outside this folder.
    fs: { allow: ['../../..'] },
    proxy: { '/api': 'http://127.0.0.1:4567' },
  },
  // The content security policy allows no data: URLs.
  build: { target: 'es2022', assetsInlineLimit: 0 },
});
