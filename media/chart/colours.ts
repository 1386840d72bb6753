export type ThemeKind = "light" | "dark" | "high-contrast" | "high-contrast-light";

/** Colours of data: apart for colour-blind eyes, and seen on the theme's background. */
export interface DataColours {
  /** Of series, in order: Okabe and Ito's palette (2008), lightened where the background is dark. */
  palette: readonly string[];
  /** From low to high over a filled area: viridis (van der Walt and Smith 2015), short of the end that the background swallows. */
  heatmap: readonly string[];
  /** From low to high for lines and points, which need more contrast than areas. */
  ramp: readonly string[];
  /** Below, at and above a middle: blue, the background's neighbour, orange. */
  diverging: readonly string[];
}

export const COLOURS: Readonly<Record<ThemeKind, DataColours>> = {
  light: {
    palette: ["#0072b2", "#d55e00", "#009e73", "#b3568f", "#8f6b00", "#3f3f3f"],
    heatmap: ["#440154", "#472b7a", "#3d4f8a", "#2e6d8e", "#238a8e", "#21a785", "#49c16e", "#8ed745", "#dee41b"],
    ramp: ["#440154", "#482373", "#424086", "#375a8c", "#2c728e", "#23898e", "#1f9f88", "#32b57b", "#5dc963"],
    diverging: ["#08407f", "#2f79b5", "#8cb9db", "#ececec", "#f2b27c", "#d9741a", "#8a3d00"],
  },
  dark: {
    palette: ["#56b4e9", "#f0a030", "#2fc79a", "#e79ac4", "#f0e442", "#c8c8c8"],
    heatmap: ["#482575", "#404888", "#32668e", "#27828e", "#1f9c8a", "#34b67a", "#6bcd5a", "#b3de2d", "#fde725"],
    ramp: ["#35608d", "#2b758e", "#238a8e", "#1f9f88", "#2fb37c", "#56c667", "#8ad647", "#c4e023", "#fde725"],
    diverging: ["#8fd0ff", "#4a9bd8", "#2f6391", "#3b3b3b", "#94591c", "#e08a2c", "#ffc47d"],
  },
  "high-contrast": {
    palette: ["#5cc8ff", "#ffb000", "#3dffb0", "#ff9ad5", "#ffff5c", "#ffffff"],
    heatmap: ["#433e85", "#375b8c", "#2b748e", "#228e8d", "#21a685", "#40bd73", "#77d053", "#badf28", "#fde725"],
    ramp: ["#2a788e", "#238a8e", "#1f9c8a", "#28ae80", "#43bf71", "#6bcd5a", "#9ad93d", "#cde11e", "#fde725"],
    diverging: ["#a8dcff", "#5cb4f5", "#3a78ab", "#454545", "#a8661f", "#f59a35", "#ffd29a"],
  },
  "high-contrast-light": {
    palette: ["#00507d", "#a33c00", "#00614a", "#8a1f63", "#5c4500", "#000000"],
    heatmap: ["#440154", "#482877", "#3f4a89", "#31678e", "#26828e", "#1f9c8a", "#33b67a", "#68cd5c", "#aedd30"],
    ramp: ["#440154", "#481f70", "#443982", "#3c518b", "#32668e", "#297a8e", "#228e8d", "#1fa188", "#30b47c"],
    diverging: ["#06305f", "#1f66a0", "#6da3cc", "#e4e4e4", "#e39a5c", "#b85a08", "#6b2f00"],
  },
};

/** The colour at `t` in [0, 1] between evenly spaced stops, as [red, green, blue] in 0 to 255. */
export function blend(stops: readonly string[], t: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const mix = (channel: number) => {
    const [from, to] = [stops[low], stops[low + 1]].map((hex) =>
      Number.parseInt(hex?.slice(channel, channel + 2) ?? "0", 16),
    );
    return Math.round((from ?? 0) + (at - low) * ((to ?? 0) - (from ?? 0)));
  };
  return [mix(1), mix(3), mix(5)];
}
