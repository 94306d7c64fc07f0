import type { FaultKind } from './plan.ts';

/** What goes wrong in the functions now: shares of their AWS calls from 0 to 1, and how wrong their clocks are. */
export type Weather = {
  death: number;
  throttle: number;
  lostAnswer: number;
  slow: number;
  slowMs: number;
  clockMs: number;
};

export const fairWeather: Weather = { death: 0, throttle: 0, lostAnswer: 0, slow: 0, slowMs: 0, clockMs: 0 };

/** Between the runtime's main thread and its functions' threads. */
export const weatherChannel = 'parley-chaos-weather';

export type WeatherMessage =
  | { weather: Weather; faultPort: number }
  /** A function's thread has started, and asks. */
  | { asks: true }
  | { struck: FaultKind };

/** What becomes of a request that is sent to the fault server. */
export const faultHeader = 'x-chaos-fault';
export const targetHeader = 'x-chaos-target';
export const delayHeader = 'x-chaos-delay';

/** Ends a function's thread; no function of ours exits with it by itself. */
export const deathExitCode = 86;
