import { SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEditor } from '../../kit/editor';
import { Loaded, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { call, useChanged } from '../arm';
import { useTexts } from '../texts';

interface ServiceDocument {
  name: string;
  location: string;
  properties: { publisherName: string; publisherEmail: string };
}

interface Values extends Record<string, unknown> {
  name: string;
  organization: string;
  email: string;
  region: string;
}

async function load(): Promise<{ values: Values; etag: string }> {
  const { value, etag } = await call<ServiceDocument>('GET', '');
  return {
    values: {
      name: value.name,
      organization: value.properties.publisherName,
      email: value.properties.publisherEmail,
      region: value.location,
    },
    etag,
  };
}

const fieldNames: Record<string, string> = { publisherName: 'organization', publisherEmail: 'email', location: 'region' };

/** The instance's particulars: the fields of the guide's creation page. */
export function InstanceForm() {
  const query = useQuery({ queryKey: ['arm', '', 'service'], queryFn: load });
  return <Loaded query={query}>{data => <Form stored={data} />}</Loaded>;
}

function Form({ stored }: { stored: { values: Values; etag: string } }) {
  const t = useTexts();
  const may = useMay()('service.write');
  const changed = useChanged();
  const { form, bar } = useEditor<Values>({
    stored,
    save: async (v, etag) => {
      await call('PATCH', '', {
        body: { location: v.region, properties: { publisherName: v.organization, publisherEmail: v.email } },
        ifMatch: etag,
      });
      await changed('');
      return load();
    },
    reload: load,
    fieldOf: target => fieldNames[target] ?? target,
    fieldLabel: name => t(`settings.${name as 'email'}`),
  });
  return (
    <form onSubmit={e => e.preventDefault()}>
      <Panel>
        <fieldset disabled={!may} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack gap="md" maw={640}>
            <TextInput
              label={t('settings.name')}
              description={t('settings.nameHint')}
              readOnly
              variant="filled"
              {...form.getInputProps('name')}
            />
            <TextInput label={t('settings.organization')} required {...form.getInputProps('organization')} />
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label={t('settings.email')} type="email" required {...form.getInputProps('email')} />
              <TextInput label={t('settings.region')} required {...form.getInputProps('region')} />
            </SimpleGrid>
          </Stack>
        </fieldset>
      </Panel>
      {may && bar}
    </form>
  );
}
