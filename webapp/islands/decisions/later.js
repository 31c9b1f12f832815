/** A function that does `action` once nobody has called it for so many milliseconds. */
export function later(milliseconds, action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}
