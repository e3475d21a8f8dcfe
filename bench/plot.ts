/** One line of a plot: what was measured at each size. */
export type Series = { readonly name: string; readonly points: readonly (readonly [size: number, cost: number])[] };

const [WIDTH, HEIGHT, LEFT, TOP] = [300, 260, 50, 40];

/** Draws each series on axes of its own, both logarithmic, with the line of what grows in proportion; SVG. */
export function plot(all: readonly Series[]): string {
  const panels = all.map((series, at) => `<g transform="translate(${at * (WIDTH + 60)} 0)">${panel(series)}</g>`);
  const size = `width="${all.length * (WIDTH + 60) + 20}" height="${HEIGHT + 60}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>${panels.join("")}</svg>\n`;
}

function panel({ name, points }: Series): string {
  const [first = [1, 1], last = [1, 1]] = [points[0], points.at(-1)];
  const costs = points.map(([, cost]) => cost);
  const inProportion = (first[1] * last[0]) / first[0];
  const [low, high] = [Math.min(...costs) / 1.5, Math.max(...costs, inProportion) * 1.5];
  const x = (size: number): number => LEFT + (Math.log(size / first[0]) / Math.log(last[0] / first[0])) * (WIDTH - 20);
  const y = (cost: number): number => TOP + (1 - Math.log(cost / low) / Math.log(high / low)) * (HEIGHT - 60);
  const path = points.map(([size, cost], at) => `${at === 0 ? "M" : "L"}${x(size).toFixed(1)} ${y(cost).toFixed(1)}`).join("");
  const marks = points.map(
    ([size, cost]) =>
      `<circle cx="${x(size)}" cy="${y(cost)}" r="4" fill="#1f6feb"/><text x="${x(size)}" y="${y(cost) - 9}" text-anchor="middle">${cost < 10 ? cost.toFixed(2) : cost.toFixed(0)}</text>` +
      `<text x="${x(size)}" y="${HEIGHT + 4}" text-anchor="middle" fill="#555">${size.toLocaleString("en")}</text>`,
  );
  const proportion = `<path d="M${x(first[0])} ${y(first[1])}L${x(last[0])} ${y(inProportion)}" stroke="#999" stroke-dasharray="5 4" fill="none"/>`;
  const axes = `<path d="M${LEFT} ${TOP - 10}V${HEIGHT - 14}H${LEFT + WIDTH}" stroke="#333" fill="none"/>`;
  const words = `<text x="${LEFT}" y="18" font-weight="bold">${name}</text><text x="${LEFT + 8}" y="${TOP}" fill="#777">dashed: in proportion</text>`;
  return `${axes}${proportion}<path d="${path}" stroke="#1f6feb" stroke-width="2" fill="none"/>${marks.join("")}${words}`;
}
