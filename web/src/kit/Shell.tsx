import { ActionIcon, Button, Kbd, Menu, Modal, useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Link, useRouterState } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { useSwitchLanguage } from './boot';
import { Boundary } from './errors';
import { type Language, languages, useLanguage } from './i18n';
import { Icon, type IconName } from './icons';
import { useKit } from './texts';

/** An entry of the menu on the left. */
export interface NavItem {
  to: string;
  label: string;
  icon: IconName;
  /** Only the address itself makes the entry the current one, not what stands below it. */
  exact?: boolean;
}

export interface NavSection {
  /** Above its entries; none for the first. */
  title?: string;
  items: NavItem[];
}

/** Something that the palette finds. */
export interface Found {
  label: string;
  hint?: string;
  icon: IconName;
  to: string;
}

export interface ShellProps {
  brand: ReactNode;
  sections: NavSection[];
  /** Right of the header, before the settings. */
  links?: ReactNode;
  account?: { name: string; signOut: () => void };
  /** What besides the menu's entries the palette finds. */
  find?: (text: string) => Promise<Found[]>;
  children: ReactNode;
}

const Palette = lazy(() => import('./Palette'));

/** The frame of a face: header, menu, and the page in the rest. */
export function Shell(props: ShellProps) {
  const t = useKit();
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: s => s.location.pathname });
  useHotkeys([
    ['mod+K', () => setPalette(true)],
    ['shift+?', () => setKeys(true)],
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu and begins at its top
  useEffect(() => {
    setMenu(false);
    main.current?.scrollTo(0, 0);
  }, [path]);
  return (
    <div className="shell" data-menu={menu ? 'open' : 'closed'}>
      <a className="skip" href="#content" onClick={() => main.current?.focus()}>
        {t('skip')}
      </a>
      <header>
        <ActionIcon
          className="menu-button"
          variant="subtle"
          color="gray"
          aria-label={t('menu')}
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        >
          <Icon name="menu" size={18} />
        </ActionIcon>
        {props.brand}
        <Button
          className="hide-narrow"
          variant="default"
          size="xs"
          ml="auto"
          leftSection={<Icon name="search" size={14} />}
          rightSection={<Kbd size="xs">Ctrl K</Kbd>}
          onClick={() => setPalette(true)}
        >
          {t('shell.palette')}
        </Button>
        <div style={{ flex: 1 }} />
        {props.links}
        <Settings account={props.account} showKeys={() => setKeys(true)} />
      </header>
      <nav aria-label={t('shell.navigation')}>
        {props.sections.map((section, i) => (
          <div key={section.title ?? i}>
            {section.title && <p className="nav-title">{section.title}</p>}
            {section.items.map(item => (
              <Link
                key={item.to}
                to={item.to as never}
                className="nav-link"
                activeOptions={{ exact: item.exact ?? false, includeSearch: false }}
              >
                <Icon name={item.icon} />
                {item.label}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <main id="content" ref={main} tabIndex={-1}>
        <Boundary key={path}>{props.children}</Boundary>
      </main>
      <Suspense>{palette && <Palette sections={props.sections} find={props.find} close={() => setPalette(false)} />}</Suspense>
      <Keys opened={keys} close={() => setKeys(false)} />
    </div>
  );
}

function Settings({ account, showKeys }: { account?: ShellProps['account']; showKeys: () => void }) {
  const t = useKit();
  const language = useLanguage();
  const switchLanguage = useSwitchLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const tick = (on: boolean) => (on ? <Icon name="check" size={14} /> : undefined);
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          aria-label={account ? `${t('shell.account')}: ${account.name}` : t('shell.account')}
          rightSection={<Icon name="chevronDown" size={12} />}
        >
          <Icon name={account ? 'user' : 'settings'} />
          {account && (
            <span className="hide-narrow" style={{ marginLeft: 6, maxWidth: '12rem', overflow: 'hidden', textOverflow: 'ellipsis' }}>
              {account.name}
            </span>
          )}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {(Object.keys(languages) as Language[]).map(l => (
          <Menu.Item
            key={l}
            lang={l}
            leftSection={<Icon name="language" size={14} />}
            rightSection={tick(l === language)}
            onClick={() => void switchLanguage(l)}
          >
            {languages[l]}
          </Menu.Item>
        ))}
        <Menu.Label>{t('shell.scheme')}</Menu.Label>
        {(['light', 'dark', 'auto'] as const).map(scheme => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={scheme === 'light' ? 'sun' : scheme === 'dark' ? 'moon' : 'settings'} size={14} />}
            rightSection={tick(scheme === colorScheme)}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`shell.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Kbd size="xs">?</Kbd>} onClick={showKeys}>
          {t('shell.keys')}
        </Menu.Item>
        {account && (
          <Menu.Item leftSection={<Icon name="signOut" size={14} />} onClick={account.signOut}>
            {t('shell.signOut')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Keys({ opened, close }: { opened: boolean; close: () => void }) {
  const t = useKit();
  const keys: [string, string][] = [
    ['Ctrl + K', t('shell.keyList.palette')],
    ['Ctrl + S', t('shell.keyList.save')],
    ['?', t('shell.keyList.help')],
    ['Esc', t('shell.keyList.close')],
    ['↑ ↓ PgUp PgDn', t('shell.keyList.tableMove')],
  ];
  return (
    <Modal opened={opened} onClose={close} title={t('shell.keys')} closeButtonProps={{ 'aria-label': t('close') }}>
      <table className="plain-table">
        <tbody>
          {keys.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <Kbd>{key}</Kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
