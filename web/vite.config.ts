import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root,
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' }, // the server puts each answer's nonce in
  build: {
    outDir: 'dist',
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'], // these know light-dark()
    assetsInlineLimit: 0, // data: addresses would not be hashed files
    modulePreload: { polyfill: false }, // its inline script is against the Content-Security-Policy
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: { studio: `${root}/studio.html`, publisher: `${root}/publisher.html`, portal: `${root}/portal.html` },
    },
  },
});
