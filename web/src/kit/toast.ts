import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';

/** Says what just succeeded; it goes by itself. */
export function toast(message: ReactNode) {
  notifications.show({ message, withBorder: true, autoClose: 5000 });
}

/** Says what stays until somebody closes it. */
export function notice(title: string, message: ReactNode) {
  notifications.show({ title, message, color: 'yellow', withBorder: true, autoClose: false });
}
