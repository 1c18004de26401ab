// A page as VS Code's is, as far as that can be had: the widgets' manager that its Jupyter extension brings, RequireJS beside
// it, the outputs of all cells in one document, no notebook's model within reach, and a kernel that can't be interrupted from
// here. What the extension asks of the kernel goes through JupyterLab's connection, which is the same library.

class VSCode {
  constructor(kernel, assets) {
    this.kernel = kernel;
    this.assets = assets;
    this.said = [];
    this.cells = [];
    this.outputs = new Map();
    this.place = document.createElement("main");
    this.place.style.cssText = "position: fixed; inset: 0; z-index: 100000; overflow: auto; background: white";
    document.body.append(this.place);
  }

  async load() {
    const { activate } = await import(`${this.assets}/ipywidgets.js`);
    activate();
    window.vscIPyWidgets8.load();
    const registered = new Set();
    const loader = {
      widgetsRegisteredInRequireJs: registered,
      // The extension finds the script among the kernel's nbextensions.
      loadWidgetScript: async (name) => {
        window.requirejs.config({ paths: { [name]: `${this.assets}/nbextensions/${name}/index` } });
        registered.add(name);
      },
      errorHandler: (className, name, _version, error) => this.said.push(`${name}.${className}: ${error}`),
      successHandler: () => {},
    };
    // The button of VS Code's own is heard; what the page has for a connection has no server to ask for an interrupt.
    this.interrupt = this.kernel.interrupt.bind(this.kernel);
    this.kernel.interrupt = () => Promise.reject(new TypeError("Failed to fetch"));
    const log = () => {};
    this.manager = new window.vscIPyWidgets.WidgetManager(this.kernel, this.place, loader, log);
    this.kernel.iopubMessage.connect((_, message) => this.take(message));
  }

  // Runs a cell; the end isn't waited for.
  run(code, at) {
    const cell = (this.cells[at] ??= this.place.appendChild(document.createElement("section")));
    cell.replaceChildren();
    const metadata = { cellId: `vscode-notebook-cell:/n.ipynb#${at}` };
    const future = this.kernel.requestExecute({ code, store_history: true }, false, metadata);
    cell.dataset.run = future.msg.header.msg_id;
    cell.dataset.state = "busy";
    future.done.then((reply) => (cell.dataset.state = reply.content.status));
  }

  take({ header, content, parent_header: parent }) {
    const kind = header.msg_type;
    const name = content.transient?.display_id;
    if (kind === "update_display_data") {
      for (const output of this.outputs.get(name) ?? []) if (output.isConnected) this.draw(output, content.data);
      return;
    }
    const cell = this.cells.find((each) => each?.dataset.run === parent.msg_id);
    if (!cell) return;
    if (kind === "stream" || kind === "error") {
      const text = document.createElement("pre");
      text.textContent = content.text ?? `${content.ename}: ${content.evalue}`;
      cell.append(text);
    } else if (kind === "display_data" || kind === "execute_result") {
      const output = cell.appendChild(document.createElement("div"));
      output.className = "output";
      if (name) this.outputs.set(name, [...(this.outputs.get(name) ?? []), output]);
      this.draw(output, content.data);
    }
  }

  // The richest that it has; a widget whose model the kernel doesn't have is left to the next kind.
  async draw(output, data) {
    output.replaceChildren();
    const widget = data["application/vnd.jupyter.widget-view+json"];
    if (widget && this.manager.has_model(widget.model_id)) {
      const model = await this.manager.get_model(widget.model_id);
      const view = await this.manager.create_view(model, { el: output });
      await this.manager.display_view(widget, view, { node: output });
    } else if (data["text/html"]) {
      output.innerHTML = data["text/html"];
    } else {
      output.textContent = data["text/plain"] ?? "";
    }
  }
}

window.openVSCode = async (assets) => {
  const kernel = await window.jupyterapp.serviceManager.kernels.startNew({ name: "python3" });
  window.vscode = new VSCode(kernel, assets);
  await window.vscode.load();
};
