// Builds the page into one script and one style sheet with hashed names. FLOE_WEB_OUT: where to (CMake's build folder).
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: process.env.FLOE_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
});
