/** Annotations of GitHub Actions. */
import type { Finding } from '../../../generated/entities.ts';
import { annotation } from '../../github/commands.ts';
import { exceptionsUsed } from '../exceptions.ts';
import type { CheckReport } from './report.ts';

const annotationOf = ({
  rule,
  severity,
  message,
  file,
  line,
  column,
  end_line,
  end_column,
  excerpt,
}: Finding): string =>
  annotation(
    severity === 'block' ? 'error' : 'warning',
    { file, line, endLine: end_line, col: column, endColumn: end_column, title: rule },
    excerpt ? `${message} ("${excerpt}")` : message,
  );

/** One line per finding, one per rule that could not judge, and one for all exceptions that were used. */
export function renderAnnotations({ files }: CheckReport): string {
  const exceptions = files.flatMap((file) => file.exceptions);
  const held = files.flatMap(({ path, findings, rules }) => [
    ...findings.map(annotationOf),
    ...rules.flatMap(({ rule, result, why = '' }) =>
      result === 'error' || result === 'not-evaluated'
        ? [annotation(result === 'error' ? 'error' : 'warning', { file: path, title: rule }, `${result}: ${why}`)]
        : [],
    ),
  ]);
  const used = exceptions.length > 0 ? [annotation('notice', { title: 'Exceptions' }, exceptionsUsed(exceptions))] : [];
  return [...held, ...used].join('\n');
}
