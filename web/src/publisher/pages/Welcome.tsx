import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon, type IconName } from '../../kit/icons';
import { PageLink } from '../../kit/links';
import { Page } from '../../kit/page';
import { useSession } from '../../kit/session';
import { useTexts } from '../texts';
import { InstanceForm } from './InstanceForm';

/** The first page after the one-time link: what the instance is called, and what to do next. */
export function Welcome() {
  const t = useTexts();
  const { instance, urls } = useSession();
  const step = (name: 'api' | 'product' | 'portal' | 'studio' | 'mail', icon: IconName, to: (label: string) => ReactNode) => (
    <div className="panel padded">
      <Icon name={icon} size={20} />
      <Title order={3} mt="xs">
        {to(t(`welcome.steps.${name}.title`))}
      </Title>
      <Text size="sm" c="dimmed">
        {t(`welcome.steps.${name}.text`)}
      </Text>
    </div>
  );
  return (
    <Page title={t('welcome.title', { organization: instance.organization })} hint={t('welcome.hint')}>
      <Stack gap="md">
        <Title order={2}>{t('welcome.particulars')}</Title>
        <InstanceForm />
        <Title order={2}>{t('welcome.next')}</Title>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 5 }} spacing="sm">
          {step('api', 'api', label => (
            <PageLink to="/apis/new">{label}</PageLink>
          ))}
          {step('product', 'product', label => (
            <PageLink to="/products">{label}</PageLink>
          ))}
          {step('mail', 'mail', label => (
            <PageLink to="/notifications/mail">{label}</PageLink>
          ))}
          {step('portal', 'portal', label => (
            <a href={urls.portal} style={{ color: 'var(--mantine-color-anchor)' }}>
              {label}
            </a>
          ))}
          {step('studio', 'flask', label => (
            <a href="/studio" style={{ color: 'var(--mantine-color-anchor)' }}>
              {label}
            </a>
          ))}
        </SimpleGrid>
      </Stack>
    </Page>
  );
}
