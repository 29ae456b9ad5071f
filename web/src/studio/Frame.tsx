import { Button } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { request } from '../kit/http';
import { Icon } from '../kit/icons';
import { type Found, type NavSection, Shell } from '../kit/Shell';
import { useSession } from '../kit/session';
import { type Dataset, type ExperimentSummary, get, inScoring, path, type WebService } from './api';
import { useTexts } from './texts';

/** Studio's frame: its menu, and what its palette finds. */
export function Frame() {
  const t = useTexts();
  const session = useSession();
  return (
    <Shell
      brand={
        <Link to={'/' as never} className="brand">
          <img src={new URL('../kit/mark.svg', import.meta.url).href} width={24} height={24} alt="" />
          {t('frame.studio')}
        </Link>
      }
      sections={useSections()}
      links={
        <Button
          component="a"
          href="/publisher"
          aria-label={t('frame.publisher')}
          variant="subtle"
          size="xs"
          leftSection={<Icon name="api" size={14} />}
        >
          <span className="hide-narrow">{t('frame.publisher')}</span>
        </Button>
      }
      account={{ name: session.name, signOut }}
      find={find}
    >
      <Outlet />
    </Shell>
  );
}

async function signOut() {
  await fetch('/session', { method: 'DELETE' });
  location.assign('/signin');
}

function useSections(): NavSection[] {
  const t = useTexts();
  return [
    { items: [{ to: '/', label: t('frame.pages.home'), icon: 'home', exact: true }] },
    {
      items: [
        { to: '/experiments', label: t('frame.pages.experiments'), icon: 'flask' },
        { to: '/datasets', label: t('frame.pages.datasets'), icon: 'box' },
        { to: '/services', label: t('frame.pages.services'), icon: 'globe' },
        { to: '/jobs', label: t('frame.pages.jobs'), icon: 'clock' },
      ],
    },
  ];
}

/** Finds experiments, datasets and web services by a part of their names. */
async function find(text: string): Promise<Found[]> {
  const [experiments, datasets, services] = await Promise.all([
    get<ExperimentSummary[]>('/experiments'),
    get<Dataset[]>('/datasources'),
    request<WebService[]>('GET', inScoring('/webservices')).then(a => a.value),
  ]);
  const all: Found[] = [
    ...experiments.map(x => ({ label: x.Description, icon: 'flask' as const, to: path`/experiments/${x.ExperimentId}` })),
    ...datasets.map(d => ({ label: d.Name, icon: 'box' as const, to: path`/datasets/${d.Id}` })),
    ...services.map(s => ({ label: s.Name, icon: 'globe' as const, to: path`/services/${s.Id}` })),
  ];
  const wanted = text.toLowerCase();
  return all.filter(f => f.label.toLowerCase().includes(wanted)).slice(0, 12);
}
