import { baseWorkspace } from './play.ts';

export const CAMPAIGN = 'campaigns/spring/campaign.yaml';
export const KEY = 'sk-test-0123456789abcdef';

export interface ModelSettings {
  readonly url: string;
  readonly model?: string;
  /** YAML; none when empty. */
  readonly budget?: string;
}

/** The base workspace with one post to write, and a model that writes it; its key is in WRITER_KEY. */
export function modelWorkspace({
  url,
  model = 'scripted',
  budget = '{ tokens_per_day: 100000 }',
}: ModelSettings): Record<string, string> {
  const files = baseWorkspace();
  const engine = [
    'engine: openai',
    'engine_params:',
    `  base_url: ${url}`,
    '  key_env: WRITER_KEY',
    `  model: ${model}`,
    '  prompt: templates/prompts/copy.hbs',
    '  structured: json_schema',
    '  token_param: max_completion_tokens',
    '  max_output_tokens: 600',
    '  send_seed: true',
    '  timeout_seconds: 60',
    '  max_retry_after_seconds: 0',
  ].join('\n');
  const schedule = 'schedule:\n  - { channel: feed, asset: social_post, weekly: [mon 09:30] }\n';
  const campaign = (files[CAMPAIGN] ?? '').replace(/schedule:\n[\s\S]*$/, schedule);
  return {
    ...files,
    'mhub.yaml': (files['mhub.yaml'] ?? '').replace('engine: template', engine),
    [CAMPAIGN]: budget === '' ? campaign : `${campaign}budget: ${budget}\n`,
  };
}
