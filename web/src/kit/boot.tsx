import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type AnyRouter, RouterProvider } from '@tanstack/react-router';
import type { i18n } from 'i18next';
import { createContext, type ReactNode, StrictMode, useContext } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './kit.css';
import { Dialogs } from './dialogs';
import { Boundary } from './errors';
import { ApiError } from './http';
import { changeLanguage, type Language, type Load, startTranslating } from './i18n';
import { nonce } from './nonce';
import { cssVariables, theme } from './theme';

const LoadContext = createContext<{ load: Load; instance: i18n } | undefined>(undefined);

/** Switches the page's language. */
export function useSwitchLanguage(): (language: Language) => Promise<void> {
  const context = useContext(LoadContext);
  return async language => {
    if (context) await changeLanguage(context.instance, context.load, language);
  };
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503),
      refetchOnWindowFocus: false,
    },
  },
});

const schemes = localStorageColorSchemeManager({ key: 'portico.scheme' });

/** Shows a face: its router, in its texts, with what around it every page needs. */
export async function boot(options: { router: AnyRouter; texts: Load; around?: (page: ReactNode) => ReactNode }) {
  const instance = await startTranslating(options.texts);
  const around = options.around ?? (page => page);
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no root');
  createRoot(root).render(
    <StrictMode>
      <I18nextProvider i18n={instance}>
        <LoadContext value={{ load: options.texts, instance }}>
          <MantineProvider
            theme={theme}
            cssVariablesResolver={cssVariables}
            colorSchemeManager={schemes}
            defaultColorScheme="auto"
            getStyleNonce={() => nonce}
          >
            <QueryClientProvider client={queries}>
              <Notifications position="bottom-right" limit={4} zIndex={500} />
              <Boundary>
                {around(
                  <Dialogs>
                    <RouterProvider router={options.router} />
                  </Dialogs>,
                )}
              </Boundary>
            </QueryClientProvider>
          </MantineProvider>
        </LoadContext>
      </I18nextProvider>
    </StrictMode>,
  );
}
