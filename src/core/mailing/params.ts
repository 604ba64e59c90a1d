/** What every channel that mails a list is told: where the list is, and how fast it may go. */

/** Variables of a mailing; what is marked optional is used when it is set, and never asked for. */
export const MAILING_ENV = {
  /** https address of the list. */
  audienceUrl: 'MHUB_AUDIENCE_URL',
  /** Optional: bearer token for it. */
  audienceToken: 'MHUB_AUDIENCE_TOKEN',
  /** Path of the list, encrypted with age. */
  audienceFile: 'MHUB_AUDIENCE_FILE',
  ageIdentity: 'MHUB_AGE_IDENTITY',
  /** Secret of the ids that the ledger has instead of addresses. */
  receiptKey: 'MHUB_RECEIPT_HMAC_KEY',
  /** Optional: https address of those who have left the list. */
  suppressionUrl: 'MHUB_SUPPRESSION_URL',
  /** Optional: bearer token for it. */
  suppressionToken: 'MHUB_SUPPRESSION_TOKEN',
} as const;

export const DEFAULT_CHUNK = 500;
export const MAX_CHUNK = 5_000;

export interface MailingParams {
  readonly audience: 'url' | 'file';
  /** Recipients that are claimed and pushed together. */
  readonly chunk: number;
  readonly maxPerMinute?: number;
  readonly maxRecipientsPerRun?: number;
}

type Params = Readonly<Record<string, unknown>>;

/** To be spread into the properties of a channel's params; `audience` is required. */
export const MAILING_PROPERTIES = {
  audience: {
    enum: ['url', 'file'],
    description: `Where the list is: at ${MAILING_ENV.audienceUrl}, or encrypted in ${MAILING_ENV.audienceFile}.`,
  },
  chunk: {
    type: 'integer',
    minimum: 1,
    maximum: MAX_CHUNK,
    description: `Recipients whose claim is pushed at once; ${DEFAULT_CHUNK} when left out.`,
  },
  max_per_minute: { type: 'integer', minimum: 1, description: 'Most messages a minute; no limit when left out.' },
  max_recipients_per_run: {
    type: 'integer',
    minimum: 1,
    description: 'Most recipients of one run, the next run goes on; all of them when left out.',
  },
} as const;

const numberIn = (params: Params, name: string): number | undefined => {
  const value = params[name];
  return typeof value === 'number' ? value : undefined;
};

/** @param params  that have passed their schema */
export function mailingParamsOf(params: Params): MailingParams {
  const maxPerMinute = numberIn(params, 'max_per_minute');
  const maxRecipientsPerRun = numberIn(params, 'max_recipients_per_run');
  return {
    audience: params['audience'] === 'file' ? 'file' : 'url',
    chunk: numberIn(params, 'chunk') ?? DEFAULT_CHUNK,
    ...(maxPerMinute !== undefined && { maxPerMinute }),
    ...(maxRecipientsPerRun !== undefined && { maxRecipientsPerRun }),
  };
}

/** Names of the variables without which there is no mailing. */
export const mailingEnvOf = (params: Params): readonly string[] => [
  MAILING_ENV.receiptKey,
  ...(mailingParamsOf(params).audience === 'file'
    ? [MAILING_ENV.audienceFile, MAILING_ENV.ageIdentity]
    : [MAILING_ENV.audienceUrl]),
];
