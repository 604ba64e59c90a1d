/**
 * The steps of a run at which a process may die. Tests kill it at every one of them; without MHUB_FAULT they do nothing.
 * MHUB_FAULT=intents-pushed:2 ends the process with SIGKILL when it comes there for the second time.
 */
export const FAULT_POINTS = [
  'run-started',
  'settled',
  'stages-decided',
  'intents-imported',
  'intents-pushed',
  'intents-landed',
  'intents-synced',
  'call-journaled',
  'call-made',
  'call-remembered',
  'calls-done',
  'receipts-imported',
  'receipts-pushed',
  'receipts-landed',
  'receipts-synced',
  'events-dropped',
  'run-remembered',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

const visits = new Map<FaultPoint, number>();

/** Called by the code at the step that it names. */
export function faultPoint(point: FaultPoint): void {
  const wanted = process.env['MHUB_FAULT'];
  if (wanted === undefined) return;
  const [name, count = '1'] = wanted.split(':');
  if (name !== point) return;
  const visit = (visits.get(point) ?? 0) + 1;
  visits.set(point, visit);
  if (visit === Number(count)) process.kill(process.pid, 'SIGKILL');
}
