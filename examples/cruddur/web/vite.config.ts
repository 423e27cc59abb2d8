import { defineConfig } from 'vite';

export default defineConfig({
  server: {
    // The package roundel lies beside this example, not below.
    fs: { allow: ['../../..'] },
    proxy: { '/api': 'http://127.0.0.1:4567' },
  },
  // The page's policy allows no data: addresses.
  build: { target: 'es2022', assetsInlineLimit: 0 },
});
