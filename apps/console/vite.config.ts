import { fileURLToPath } from 'node:url';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import { index, layout, rootRoute, route } from '@tanstack/virtual-file-routes';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const FACES = {
  v1: {
    title: 'Tandem V1',
    service: 'http://127.0.0.1:8080',
    pages: [route('/admin/billing-monitor', 'v1/billing-monitor.tsx')],
  },
  studio: {
    title: 'Tandem Studio',
    service: 'http://127.0.0.1:3000',
    pages: [route('/accounts', 'studio/accounts.tsx')],
  },
};

/** The mode is the face, V1's by default: it picks the pages, the start file, the title and the output folder. */
export default defineConfig(({ mode }) => {
  const name = mode === 'studio' ? 'studio' : 'v1';
  const face = FACES[name];
  const inSource = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
  return {
    base: '/',
    // The seeds' names of flags keep working.
    envPrefix: ['VITE_', 'NEXT_PUBLIC_'],
    define: { 'import.meta.env.VITE_TITLE': JSON.stringify(face.title) },
    resolve: { alias: { '@face': inSource(`app/face.${name}.ts`) } },
    plugins: [
      tanstackRouter({
        target: 'react',
        autoCodeSplitting: true,
        routesDirectory: inSource('app/routes'),
        generatedRouteTree: inSource(`app/route-tree.${name}.gen.ts`),
        virtualRouteConfig: rootRoute('common/root.tsx', [
          index('common/index.tsx'),
          route('/sign-in', 'common/sign-in.tsx'),
          layout('_console', 'common/console.tsx', face.pages),
        ]),
        quoteStyle: 'single',
        semicolons: true,
        disableLogging: true,
      }),
      react(),
    ],
    build: {
      outDir: `dist/${name}`,
      emptyOutDir: true,
      target: 'es2023',
      chunkSizeWarningLimit: 900,
      // A font in a data: URL would be fetched again with every release of the stylesheet.
      assetsInlineLimit: 0,
    },
    server: { proxy: { '^/(v1|api)/': { target: face.service } } },
  };
});
