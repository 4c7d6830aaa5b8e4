// How the dashboard is built: static files with relative addresses, so that any path can serve them.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig(({ command }) => {
  // A build that a test run starts inherits NODE_ENV=test, and would ship React's development half.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    base: './',
    plugins: [react()],
    build: {
      outDir: '../../dist/dashboard',
      emptyOutDir: true,
      // Nothing inlined as data: addresses, so that a content security policy of 'self' is enough.
      assetsInlineLimit: 0,
      // One page behind a login, kept by the browser for ever: in pieces it would only come in more steps.
      chunkSizeWarningLimit: 700,
    },
  };
});
