import { Alert, Text } from '@mantine/core';
import { IconCloudOff, IconKeyOff, IconPlugConnectedX } from '@tabler/icons-react';
import { formatAge, formatMoment } from '../../shared/format/time.ts';
import type { MonitorSummary } from './monitor-api.ts';

type Studio = MonitorSummary['studio'];

const MEANWHILE = 'Approvals go on without a hold; each is noted and settled once the link works again.';

/** What is wrong between V1 and Studio, how old the figures are, and what that means. Nothing while all is well. */
export function StudioBanner({ studio }: { studio: Studio }) {
  if (studio.token_rejected) {
    return (
      <Alert color="red" role="alert" icon={<IconKeyOff aria-hidden />} title="Studio answers, but rejects our token.">
        <Line>
          {`${figuresOf(studio)} Issue a new service token in Studio and give it to V1 as STUDIO_SERVICE_TOKEN. ${MEANWHILE}`}
        </Line>
      </Alert>
    );
  }
  if (studio.show_cached_banner) {
    return (
      <Alert
        color="yellow"
        role="alert"
        icon={<IconCloudOff aria-hidden />}
        title="Studio unavailable, showing cached data."
      >
        <Line>{`${ageOf(studio)} ${MEANWHILE} Reason: ${reasonOf(studio)}.`}</Line>
      </Alert>
    );
  }
  if (!studio.reachable) {
    return (
      <Alert
        color="red"
        role="alert"
        icon={<IconCloudOff aria-hidden />}
        title="Studio unavailable, nothing is cached."
      >
        <Line>{`Modes are shown as V1 assumes them, credits as 0. ${MEANWHILE} Reason: ${reasonOf(studio)}.`}</Line>
      </Alert>
    );
  }
  if (studio.error === null) return null;
  return (
    <Alert
      color="orange"
      role="alert"
      icon={<IconPlugConnectedX aria-hidden />}
      title="Studio answers, but not as expected."
    >
      <Line>{`${ageOf(studio)} Reason: ${reasonOf(studio)}.`}</Line>
    </Alert>
  );
}

function Line({ children }: { children: string }) {
  return (
    <Text size="sm" c="inherit">
      {children}
    </Text>
  );
}

function ageOf(studio: Studio): string {
  const { last_ok_at: at, cache_age_seconds: age } = studio;
  if (at === null) return 'Studio never answered this process.';
  return `${age === null ? '' : `${figuresOf(studio)} `}Last success: ${formatMoment(at)}.`;
}

function figuresOf({ cache_age_seconds: age }: Studio): string {
  return age === null ? 'No credit figures are known.' : `Credit figures are up to ${formatAge(age)} old.`;
}

function reasonOf(studio: Studio): string {
  return studio.error === null ? studio.reason : `${studio.reason} (${studio.error})`;
}
