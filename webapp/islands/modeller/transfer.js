// A diagram as a file: BPMN as it is stored, SVG and PNG as they are printed, on white whatever the screen's colours are.

const PRINTED = { '--surface': '#ffffff', '--text': '#1b2430' };
const SHARP = 2;
const LARGEST = 12000; // pixels a side that browsers still draw

export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export async function svgOf(editor) {
  const { svg } = await editor.bpmn.saveSVG();
  return svg.replace(/var\((--[a-z-]+)\)/g, (all, name) => PRINTED[name] ?? all);
}

export async function pngOf(editor) {
  const svg = await svgOf(editor);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const scale = Math.min(SHARP, LARGEST / picture.naturalWidth, LARGEST / picture.naturalHeight);
  const canvas = Object.assign(document.createElement('canvas'), { width: picture.naturalWidth * scale, height: picture.naturalHeight * scale });
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
}
