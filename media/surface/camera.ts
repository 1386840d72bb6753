/** How a surface is looked at. */
export interface Camera {
  /** Turn about the vertical axis, in radians: 0 looks along y. */
  azimuth: number;
  /** Height of the eye, in radians: 0 from the side, pi / 2 from above. */
  elevation: number;
  zoom: number;
}

export const START: Camera = { azimuth: -0.6, elevation: 0.55, zoom: 1 };

/** `turned` by angles in radians and `closer` by a factor, within what makes sense. */
export function moved({ azimuth, elevation, zoom }: Camera, around: number, up: number, closer: number): Camera {
  return {
    azimuth: (azimuth + around) % (2 * Math.PI),
    elevation: Math.min(Math.PI / 2, Math.max(0.05, elevation + up)),
    zoom: Math.min(8, Math.max(0.5, zoom * closer)),
  };
}

/** Reads what was kept of a camera; anything else is the start. */
export function readCamera(value: unknown): Camera {
  const { azimuth, elevation, zoom } = (value ?? {}) as Partial<Camera>;
  const whole = [azimuth, elevation, zoom].every((part) => typeof part === "number" && Number.isFinite(part));
  return whole ? moved({ azimuth, elevation, zoom } as Camera, 0, 0, 1) : START;
}

export interface Projected {
  /** To the right and down, in units of the box's half side, before zoom. */
  right: number;
  down: number;
  /** Larger is nearer to the eye. */
  near: number;
}

/** Parallel projection of a point of the box, whose x, y and z go from -1 to 1. */
export function project({ azimuth, elevation }: Camera, x: number, y: number, z: number): Projected {
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  const right = x * ca - y * sa;
  const away = x * sa + y * ca;
  return { right, down: -(z * ce + away * se), near: z * se - away * ce };
}
