'use strict';
// Draws the page from the data beside it; nothing is fetched from anywhere.
const data = JSON.parse(document.getElementById('data').textContent);
const several = data.runs.length > 1;
const state = { smooth: 0, x: 'step', log: false, hidden: new Set() };

function element(tag, attributes, ...children) {
  const svg = ['svg', 'path', 'line', 'text', 'circle', 'g', 'rect'].includes(tag);
  const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag)
                   : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter(child => child !== null));
  return made;
}

// ---- numbers for people, as the log writes them ----

function commas(value) { return Math.round(value).toLocaleString('en-US'); }

function plain(value) {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e7) return Number(value.toPrecision(4)).toExponential();
  if (size >= 1000) return commas(value);
  return String(Number(value.toPrecision(size >= 100 ? 5 : 4)));
}

function seconds(value) {
  if (value >= 3600) return Math.floor(value / 3600) + ' h ' + Math.floor(value % 3600 / 60) + ' min';
  if (value >= 60) return Math.floor(value / 60) + ' min ' + Math.floor(value % 60) + ' s';
  if (value >= 1 || value === 0) return Number(value.toPrecision(4)) + ' s';
  return value >= 1e-3 ? Number((value * 1e3).toPrecision(3)) + ' ms'
                       : Number((value * 1e6).toPrecision(3)) + ' us';
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; ++unit) value /= 1024;
  return Number(value.toPrecision(3)) + ' ' + units[unit];
}

function shown(format, value) {
  switch (format) {
    case 'count': return Math.abs(value) >= 1000 ? commas(value) : String(Number(value.toFixed(2)));
    case 'percent': return Number((value * 100).toPrecision(3)) + ' %';
    case 'seconds': return seconds(value);
    case 'bytes': return bytes(value);
    default: return plain(value);
  }
}

function tick(format, value) {
  if ((format === 'count' || format === 'number') && Math.abs(value) >= 1e4) {
    for (const [size, letter] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
      if (Math.abs(value) >= size) return Number((value / size).toPrecision(4)) + ' ' + letter;
    }
  }
  return shown(format, value);
}

// ---- which curves there are ----

// What stands behind the slash is a part: "param_norm/layers.0". All parts share a picture.
function whole_of(metric) { return data.metrics[metric].whole || metric; }
function part_of(metric) { return metric === whole_of(metric) ? '' : metric.slice(whole_of(metric).length + 1); }

// A colour for each run if there are several, else for each category; other categories are dashed.
function color(run, category) {
  const index = several ? run : data.runs[0].categories.findIndex(each => each.name === category);
  return `var(--c${index % 8})`;
}
function dash(category) {
  return several && category !== 'train' ? '5 4' : 'none';
}
function label(run, category) {
  return several ? `${data.runs[run].name}, ${category}` : category;
}

// Where a picture has parts, they have the colours; runs and categories are told apart by dashes.
function style(curve, parts) {
  if (parts.length === 0) return { stroke: color(curve.run, curve.category), dash: dash(curve.category), name: label(curve.run, curve.category) };
  const where = label(curve.run, curve.category);
  const plain = !several && curve.category === 'train';
  return { stroke: `var(--c${parts.indexOf(part_of(curve.metric)) % 8})`, dash: ['none', '6 3', '2 3', '8 3 2 3'][curve.run % 4],
           name: plain ? part_of(curve.metric) : `${where}, ${part_of(curve.metric)}` };
}

const curves = [];  // {run, category, metric, steps, times, values}
data.runs.forEach((run, index) => {
  for (const category of run.categories) {
    for (const [metric, series] of Object.entries(category.metrics)) {
      curves.push({ run: index, category: category.name, metric, steps: series.s, times: series.t,
                    values: series.v });
    }
  }
});

function xs(curve) {
  return state.x === 'step' ? curve.steps : curve.times;
}

// Few points, as validation has, are drawn one by one, and nothing is averaged.
const kFew = 40;

// An average over the neighbours before, without leaning to the first value.
function smoothed(values) {
  if (state.smooth === 0 || values.length <= kFew) return values;
  const share = state.smooth;
  let sum = 0;
  let weight = 0;
  return values.map(value => {
    if (value === null) return null;
    sum = share * sum + (1 - share) * value;
    weight = share * weight + (1 - share);
    return sum / weight;
  });
}

// ---- one chart ----

function nice(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find(each => each * power >= rough * 0.999) * power;
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) {
    ticks.push(Math.abs(value) < step * 1e-6 ? 0 : value);
  }
  return ticks;
}

function log_ticks(low, high) {
  const ticks = [];
  const wide = Math.log10(high / low);
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    for (const digit of wide > 2.5 ? [1] : wide > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8]) {
      const value = digit * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
    }
  }
  return ticks;
}

function chart(metric, members, wide) {
  const about = data.metrics[members[0].metric];
  const parts = members.some(each => part_of(each.metric)) ? [...new Set(members.map(each => part_of(each.metric)))] : [];
  const W = wide ? 1280 : 632, H = wide ? 330 : 270;
  const left = 54, right = 10, top = 8, bottom = 24;
  const drawn = members.filter(each => !state.hidden.has(label(each.run, each.category)))
                       .map(each => ({ ...each, x: xs(each), y: smoothed(each.values), style: style(each, parts) }));
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (const each of drawn) {
    each.y.forEach((value, i) => {
      x0 = Math.min(x0, each.x[i]);
      x1 = Math.max(x1, each.x[i]);
      if (value === null) return;
      y0 = Math.min(y0, value);
      y1 = Math.max(y1, value);
    });
  }
  const figure = element('figure', { class: wide ? 'card wide' : 'card' });
  const last = drawn.length === 1 && parts.length === 0 ? drawn[0].values.findLast(value => value !== null) : undefined;
  const unit = about.unit ? ' ' + about.unit : '';
  figure.append(element('figcaption', {}, element('span', { title: metric }, parts.length > 0 ? about.whole_title : about.title),
    element('span', { class: 'now' }, last === undefined ? '' : shown(about.format, last) + unit)));
  const svg = element('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': about.title });
  figure.append(svg);
  if (!(y1 >= y0)) {
    svg.append(element('text', { x: W / 2, y: H / 2, 'text-anchor': 'middle' }, 'no numbers'));
    return figure;
  }
  if (about.format === 'bytes' && !state.log) y0 = Math.min(y0, 0);
  const log = state.log && y0 > 0;
  if (x1 === x0) { x0 -= 1; x1 += 1; }
  if (y1 === y0) {
    const room = Math.abs(y0) * 0.1 || 1;
    y0 -= log ? y0 / 2 : room;
    y1 += room;
  } else if (!log) {
    const room = (y1 - y0) * 0.04;
    y0 = y0 >= 0 && y0 - room < 0 ? Math.min(y0, 0) : y0 - room;
    y1 += room;
  }
  const px = value => left + (value - x0) / (x1 - x0) * (W - left - right);
  const py = log ? value => H - bottom - Math.log(value / y0) / Math.log(y1 / y0) * (H - top - bottom)
                 : value => H - bottom - (value - y0) / (y1 - y0) * (H - top - bottom);

  for (const value of log ? log_ticks(y0, y1) : nice(y0, y1, 4)) {
    svg.append(element('line', { x1: left, x2: W - right, y1: py(value), y2: py(value), stroke: 'var(--grid)' }),
               element('text', { x: left - 7, y: py(value) + 4, 'text-anchor': 'end' }, tick(about.format, value)));
  }
  const x_format = state.x === 'step' ? 'count' : 'seconds';
  for (const value of nice(x0, x1, wide ? 9 : 6)) {
    if (px(value) > W - 16 && state.x !== 'step') continue;
    svg.append(element('text', { x: px(value), y: H - 7, 'text-anchor': 'middle' }, tick(x_format, value)));
  }
  svg.append(element('line', { x1: left, x2: W - right, y1: H - bottom, y2: H - bottom, stroke: 'var(--line)' }));

  for (const each of drawn) {
    const stroke = each.style.stroke;
    // The curve as it was lies faintly behind the smooth one.
    for (const [values, opacity] of each.y !== each.values ? [[each.values, .22], [each.y, 1]] : [[each.y, 1]]) {
      let path = '';
      let pen = 'M';
      values.forEach((value, i) => {
        if (value === null || (log && value <= 0)) { pen = 'M'; return; }
        path += `${pen}${px(each.x[i]).toFixed(1)} ${py(value).toFixed(1)}`;
        pen = 'L';
      });
      svg.append(element('path', { d: path, fill: 'none', stroke, 'stroke-width': wide ? 1.9 : 1.6, 'stroke-opacity': opacity,
                                   'stroke-linejoin': 'round', 'stroke-linecap': 'round',
                                   'stroke-dasharray': each.style.dash }));
    }
    if (each.y.length <= kFew) {
      each.y.forEach((value, i) => {
        if (value === null) return;
        svg.append(element('circle', { cx: px(each.x[i]), cy: py(value), r: 2.6, fill: stroke }));
      });
    }
    // What is no number stands at the foot.
    each.values.forEach((value, i) => {
      if (value !== null) return;
      svg.append(element('path', { d: `M${px(each.x[i])} ${H - bottom - 2}l-4 -7h8z`, fill: 'var(--c4)' }));
    });
  }
  if (parts.length > 0) {
    figure.append(element('div', { class: 'parts' }, ...parts.map((part, i) =>
      element('span', {}, element('i', { style: `background:var(--c${i % 8})` }), part || 'all'))));
  }
  hover(figure, svg, drawn, about, { W, H, left, right, top, bottom, x0, x1, px, py, x_format, log });
  return figure;
}

// A line and the values at the place under the pointer.
function hover(figure, svg, drawn, about, frame) {
  const tip = element('div', { class: 'tip' });
  const marks = element('g', {});
  figure.append(tip);
  svg.append(marks);
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect();
    const scale = frame.W / box.width;
    const at = frame.x0 + ((event.clientX - box.left) * scale - frame.left) /
               (frame.W - frame.left - frame.right) * (frame.x1 - frame.x0);
    const found = [];
    for (const each of drawn) {
      let low = 0, high = each.x.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (each.x[middle] < at) low = middle + 1; else high = middle;
      }
      if (low > 0 && at - each.x[low - 1] < each.x[low] - at) --low;
      found.push([each, low]);
    }
    if (found.length === 0) return;
    const nearest = found.reduce((a, b) => Math.abs(a[0].x[a[1]] - at) <= Math.abs(b[0].x[b[1]] - at) ? a : b);
    const x = frame.px(nearest[0].x[nearest[1]]);
    marks.replaceChildren(element('line', { x1: x, x2: x, y1: frame.top, y2: frame.H - frame.bottom, stroke: 'var(--faint)', 'stroke-dasharray': '2 3' }));
    const time = nearest[0].times[nearest[1]];
    tip.replaceChildren(element('b', {}, `step ${commas(nearest[0].steps[nearest[1]])}, after ${seconds(time)}`));
    for (const [each, i] of found) {
      const value = each.y[i];
      if (value !== null && (!frame.log || value > 0)) {
        marks.append(element('circle', { cx: frame.px(each.x[i]), cy: frame.py(value), r: 3.6, fill: each.style.stroke, stroke: 'var(--card)', 'stroke-width': 1.5 }));
      }
      const text = value === null ? 'no number' : shown(about.format, value) + (about.unit ? ' ' + about.unit : '');
      const where = each.steps[i] === nearest[0].steps[nearest[1]] ? '' : ` (step ${commas(each.steps[i])})`;
      tip.append(element('div', {}, element('i', { style: `background:${each.style.stroke}` }), `${each.style.name}: ${text}${where}`));
    }
    tip.style.display = 'block';
    const shift = x / scale > box.width / 2 ? -tip.offsetWidth - 14 : 14;
    tip.style.left = `${box.left - figure.getBoundingClientRect().left + x / scale + shift}px`;
    tip.style.top = '44px';
  });
  svg.addEventListener('pointerleave', () => { tip.style.display = 'none'; marks.replaceChildren(); });
}

// ---- the page ----

function tiles(run) {
  const grid = element('div', { class: 'tiles' });
  for (const [key, value, note] of run.summary) {
    grid.append(element('div', { class: 'card tile' }, element('div', { class: 'k' }, key),
                        element('div', { class: 'v' }, value), element('div', { class: 'n' }, note || '\u00a0')));
  }
  return grid;
}

function comparison() {
  const keys = [...new Set(data.runs.flatMap(run => run.summary.map(each => each[0])))];
  const head = element('tr', {}, element('th', {}, 'Run'), ...keys.map(key => element('th', { class: 'num' }, key)));
  const rows = data.runs.map((run, index) => {
    const by_key = Object.fromEntries(run.summary.map(each => [each[0], each[1]]));
    const dot = element('span', { style: `color:var(--c${index % 8})` }, '● ');
    return element('tr', {}, element('td', { title: run.path }, dot, run.name),
                   ...keys.map(key => element('td', { class: 'num' }, by_key[key] || '')));
  });
  return element('div', { class: 'card scroll' }, element('table', {}, head, ...rows));
}

function time_shares(run) {
  const total = run.times.reduce((sum, each) => sum + each[1], 0);
  const bar = element('div', { class: 'share' });
  const parts = element('div', { class: 'parts' });
  run.times.forEach(([name, time], index) => {
    if (time <= 0) return;
    const share = `${Number((time / total * 100).toPrecision(3))} %`;
    bar.append(element('div', { style: `flex:${time / total};background:var(--c${index % 8})`, title: `${name}: ${seconds(time)}, ${share}` }));
    parts.append(element('span', {}, element('i', { style: `background:var(--c${index % 8})` }), `${name} ${share}`));
  });
  return element('figure', { class: 'card' }, element('figcaption', {}, element('span', {}, several ? run.name : 'All phases of the run'),
                 element('span', { class: 'now' }, seconds(total))), bar, parts);
}

function controls(redraw) {
  const smooth = element('input', { type: 'range', min: 0, max: 99, value: 0, 'aria-label': 'smoothing' });
  smooth.addEventListener('input', () => { state.smooth = smooth.value / 100; redraw(); });
  const log = element('input', { type: 'checkbox' });
  log.addEventListener('change', () => { state.log = log.checked; redraw(); });
  const x = element('select', {}, element('option', { value: 'step' }, 'step'), element('option', { value: 'time' }, 'time'));
  x.addEventListener('change', () => { state.x = x.value; redraw(); });
  const legend = element('div', { class: 'legend' });
  for (const name of new Set(curves.map(each => label(each.run, each.category)))) {
    const one = curves.find(each => label(each.run, each.category) === name);
    const box = element('input', { type: 'checkbox', checked: '' });
    box.addEventListener('change', () => { state.hidden[box.checked ? 'delete' : 'add'](name); redraw(); });
    const line = element('svg', { width: 22, height: 8 }, element('line', { x1: 1, x2: 21, y1: 4, y2: 4,
      stroke: color(one.run, one.category), 'stroke-width': 2.5, 'stroke-dasharray': dash(one.category) }));
    legend.append(element('label', {}, box, element('span', {}, line, name)));
  }
  return element('div', { class: 'card bar' }, element('label', {}, 'Smoothing', smooth), element('label', {}, log, 'Logarithmic'),
                 element('label', {}, 'Over', x), legend);
}

function fold(title, ...content) {
  return element('details', { class: 'card' }, element('summary', {}, title), ...content);
}

function facts(run) {
  return element('div', { class: 'card scroll' }, element('table', {}, ...run.facts.map(([key, value]) =>
    element('tr', {}, element('td', { class: 'key' }, key), element('td', { class: 'val' }, value)))));
}

const page = document.getElementById('page');
page.replaceChildren(element('h1', {}, data.title), element('p', { class: 'under' }, data.subtitle));
page.append(several ? comparison() : tiles(data.runs[0]));

const charts = element('div', {});
function redraw() {
  charts.replaceChildren();
  const groups = new Map();
  for (const [metric, about] of Object.entries(data.metrics)) {
    if (!groups.has(about.group)) groups.set(about.group, new Map());
    const pictures = groups.get(about.group);
    const whole = whole_of(metric);
    pictures.set(whole, [...(pictures.get(whole) || []), ...curves.filter(each => each.metric === metric)]);
  }
  let first = true;
  for (const [group, pictures] of groups) {
    const grid = element('div', { class: 'grid' });
    const constant = [];
    for (const [metric, members] of pictures) {
      const value = members[0].values[0];
      const about = data.metrics[members[0].metric];
      if (members.every(each => each.values.length > 1 && each.values.every(other => other !== null && other === value))) {
        constant.push(`${about.title} ${shown(about.format, value)}${about.unit ? ' ' + about.unit : ''}`);
        continue;
      }
      grid.append(chart(metric, members, first));
      first = false;
    }
    charts.append(element('h2', {}, group), grid);
    if (constant.length > 0) charts.append(element('p', { class: 'same' }, `The same all the time: ${constant.join(', ')}.`));
  }
}
if (curves.length > 0) page.append(controls(redraw), charts);
redraw();

const timed = data.runs.filter(run => run.times.length > 0);
if (timed.length > 0) {
  page.append(element('h2', {}, 'Where the time went'));
  const grid = element('div', { class: 'grid' });
  for (const run of timed) {
    const share = time_shares(run);
    if (timed.length === 1) share.classList.add('wide');
    grid.append(share);
  }
  page.append(grid);
}
if (data.runs.some(run => run.texts.length > 0)) {
  page.append(element('h2', {}, 'Written on the way'));
  for (const run of data.runs) {
    for (const text of run.texts) {
      page.append(fold(`${several ? run.name + ', ' : ''}${text.name}, step ${commas(text.step)}`, element('pre', {}, text.text)));
    }
  }
}
if (data.runs.some(run => run.facts.length > 0 || run.config)) {
  page.append(element('h2', {}, several ? 'The runs' : 'The run'));
  for (const run of data.runs) {
    if (several) page.append(fold(`${run.name}: machine`, facts(run)));
    else if (run.facts.length > 0) page.append(facts(run));
    if (run.config) page.append(fold(several ? `${run.name}: config` : 'Config', element('pre', {}, run.config)));
  }
}
page.append(element('footer', {}, data.footer));
