import { Logger } from '@aws-lambda-powertools/logger';
import type { Report } from './services/report.ts';

/** One logger for each container. Its service name and level come from the function's environment. */
export const logger = new Logger();

/** Something went wrong and was handled: a warning, with the error's own words and nothing of the request. */
export const report: Report = (what, where, error) => {
  logger.warn(what, { ...where, ...(error instanceof Error && { error }) });
};
