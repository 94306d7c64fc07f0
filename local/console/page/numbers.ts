export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function milliseconds(value: number | undefined): string {
  return value === undefined
    ? '–'
    : `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')} ms`;
}
