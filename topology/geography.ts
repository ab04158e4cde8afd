/** Distance and the time that light takes: what no tuning of a link can beat. */
export interface Location {
  readonly latitudeDegrees: number;
  readonly longitudeDegrees: number;
}

/** IUGG mean radius R1 of the Earth (Moritz, Geodetic Reference System 1980). */
const earthRadiusMetres = 6_371_008.8;
const lightMetresPerSecond = 299_792_458;
/** Group index of standard single-mode fibre (ITU-T G.652) at 1550 nm, as its makers' data sheets give it. */
const fibreGroupIndex = 1.468;

/** Shortest way over the Earth's surface, by the haversine formula. */
export function greatCircleMetres(a: Location, b: Location): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2;
  const chord =
    half(a.latitudeDegrees, b.latitudeDegrees) +
    Math.cos(radians(a.latitudeDegrees)) *
      Math.cos(radians(b.latitudeDegrees)) *
      half(a.longitudeDegrees, b.longitudeDegrees);
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** The round trip of light in a straight fibre of that length: a lower bound of every real one. */
export function fibreRttSeconds(metres: number): number {
  return (2 * metres * fibreGroupIndex) / lightMetresPerSecond;
}
