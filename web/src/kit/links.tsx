import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink, useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { type ComponentPropsWithRef, useCallback } from 'react';

// Links of the page's own router, in the looks of the components library.
// Addresses are plain strings: /apis/echo.

function AnchorElement(props: AnchorProps & ComponentPropsWithRef<'a'>) {
  return <Anchor {...props} />;
}
function ButtonElement(props: ButtonProps & ComponentPropsWithRef<'a'>) {
  return <Button component="a" {...props} />;
}

const RoutedAnchor = createLink(AnchorElement);
const RoutedButton = createLink(ButtonElement);

type To = { to: string; search?: Record<string, string | undefined> };

export function PageLink({ to, search, ...rest }: AnchorProps & Omit<ComponentPropsWithRef<'a'>, 'href'> & To) {
  return <RoutedAnchor {...(rest as object)} to={to as never} search={search as never} />;
}

export function ButtonLink({ to, search, ...rest }: ButtonProps & Omit<ComponentPropsWithRef<'a'>, 'href'> & To) {
  return <RoutedButton {...(rest as object)} to={to as never} search={search as never} />;
}

/** Goes to an address. */
export function useGo() {
  const navigate = useNavigate();
  return useCallback(
    (to: string, options: { replace?: boolean; search?: Record<string, string | undefined> } = {}) =>
      navigate({ to: to as never, search: options.search as never, replace: options.replace }),
    [navigate],
  );
}

/** A value that stands in the address's query, so that Back and links keep it. '' is left out. */
export function useParam(name: string, absent = ''): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const value = search[name] === undefined ? absent : String(search[name]);
  const set = useCallback(
    (next: string) =>
      void navigate({
        to: '.' as never,
        search: ((old: Record<string, unknown>) => ({ ...old, [name]: next === absent ? undefined : next })) as never,
        replace: true,
      }),
    [navigate, name, absent],
  );
  return [value, set];
}

/** The names in the page's address, as its route calls them. */
export function usePathNames(): Record<string, string> {
  const router = useRouter();
  const matches = router.state.matches;
  return (matches[matches.length - 1]?.params ?? {}) as Record<string, string>;
}
