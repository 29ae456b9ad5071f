import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';

/** The word on the button that closes; there is no hook here to ask for it. */
const closeButtonProps = () => ({ 'aria-label': document.documentElement.lang === 'fr' ? 'Fermer' : 'Close' });

/** Says what just succeeded; it goes by itself. */
export function toast(message: ReactNode) {
  notifications.show({ message, withBorder: true, autoClose: 5000, closeButtonProps: closeButtonProps() });
}

/** Says what stays until somebody closes it. */
export function notice(title: string, message: ReactNode) {
  notifications.show({ title, message, color: 'yellow', withBorder: true, autoClose: false, closeButtonProps: closeButtonProps() });
}
