/** A time after the start in at most five characters: '45s', '4m12', '1h04', '2d03'. */
export function shortDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const pair = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pair(whole % 60)}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${pair(minutes % 60)}`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)}d${pair(hours % 24)}`;
}
