// Loads another script of the live page, once it is wanted.
window.liveLoad = (name) =>
  new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `_static/${name}`;
    script.onload = done;
    script.onerror = () => failed(new Error(`${name} is missing`));
    document.head.append(script);
  });
