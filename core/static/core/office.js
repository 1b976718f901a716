// Keys of the office pages. Every page works without this file; it only saves the hand the way to the mouse.
//   [data-queue] with [data-row]   J K move, Enter opens, 1–9 open at once; [data-open] is the row's link
//   [data-key]                     a key or a combination that presses this button: "a", "f2", "ctrl+enter"
//   form[data-entry]               Enter goes on to the next field, = copies the field above from the last voucher
//   [data-sums] with [data-effect] or [data-worth]   adds up ticks or pieces into [data-sum]
//   form[data-once]                is sent once, however often the button is pressed
"use strict";

(() => {
  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.matches("input:not([type=checkbox], [type=radio]), select, textarea") || target.isContentEditable);

  // --- Search ---
  const search = document.getElementById("search");

  // --- Rows of a list ---
  const rows = [...document.querySelectorAll("[data-queue] [data-row]")];
  const opens = (row) => row.querySelector("[data-open]");
  let here = -1;

  const go = (step) => {
    if (!rows.length) return;
    if (here >= 0) rows[here].classList.remove("focus");
    here = Math.min(Math.max(here + step, 0), rows.length - 1);
    rows[here].classList.add("focus");
    rows[here].scrollIntoView({ block: "nearest" });
    opens(rows[here])?.focus({ preventScroll: true });
  };

  rows.forEach((row, i) => {
    const key = row.querySelector("[data-number]");
    if (key && i < 9) key.textContent = String(i + 1);
  });
  if (rows.length && document.querySelector("[data-queue] [data-number]")) {
    here = 0;
    rows[0].classList.add("focus");
  }

  // --- Keys of buttons ---
  const named = (event) =>
    [event.ctrlKey && "ctrl", event.altKey && "alt", event.shiftKey && event.key.length > 1 && "shift"]
      .filter(Boolean)
      .concat(event.key.toLowerCase())
      .join("+");
  const buttons = new Map(
    [...document.querySelectorAll("[data-key]")].map((button) => [button.dataset.key, button]),
  );

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.metaKey) return;
    const name = named(event);
    const free = !typing(event.target);
    const button = buttons.get(name);
    if (button && (free || name.length > 1)) {
      event.preventDefault();
      button.click();
    } else if (!free || event.ctrlKey || event.altKey) {
      return;
    } else if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (name === "j" || name === "k") {
      event.preventDefault();
      go(name === "j" ? 1 : -1);
    } else if (event.key === "Enter" && here >= 0 && event.target === document.body) {
      opens(rows[here])?.click();
    } else if (/^[1-9]$/.test(event.key) && rows[event.key - 1]?.querySelector("[data-number]")) {
      opens(rows[event.key - 1])?.click();
    } else if (name === "r") {
      const note = document.querySelector(".review-return [name=note]");
      if (!note) return;
      event.preventDefault();
      note.focus();
    }
  });

  // --- The entry line of the cash book ---
  const entry = document.querySelector("form[data-entry]");
  if (entry) {
    const fields = () =>
      [...entry.querySelectorAll("[data-line] input, [data-line] select, .actions button")].filter(
        (field) => field.type !== "hidden" && field.offsetParent !== null,
      );
    const fen = (text) => {
      const plain = text
        .replace(/[０-９．，]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
        .replace(/[,\s元¥￥]/g, "");
      const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain);
      return found ? BigInt(found[1]) * 100n + BigInt((found[2] || "").padEnd(2, "0")) : 0n;
    };
    const shown = (amount) => {
      const sign = amount < 0n ? "\u2212" : "";
      const size = amount < 0n ? -amount : amount;
      const yuan = String(size / 100n).replace(/\B(?=(\d{3})+$)/g, ",");
      return `${sign}${yuan}.${String(size % 100n).padStart(2, "0")}`;
    };
    const closing = entry.dataset.closing.replace(/[^0-9-]/g, "");
    const balance = entry.querySelector("[data-balance]");
    const sum = () => {
      let total = BigInt(closing);
      const target = entry.querySelector("[name=to_account]");
      const inside = target && target.value && !target.selectedOptions[0].text.includes(" ");
      if (!inside) {
        entry.querySelectorAll("[name$=-income]").forEach((field) => (total += fen(field.value)));
        entry.querySelectorAll("[name$=-expense]").forEach((field) => (total -= fen(field.value)));
      }
      if (balance) balance.textContent = shown(total);
    };
    entry.addEventListener("input", sum);
    sum();

    entry.addEventListener("keydown", (event) => {
      const field = event.target;
      if (event.isComposing || event.ctrlKey || event.altKey || !(field instanceof HTMLElement)) return;
      if (event.key === "=" && field.dataset.last !== undefined && field.value === "") {
        event.preventDefault();
        field.value = field.dataset.last;
        sum();
      } else if (event.key === "Enter" && field.matches("input, select")) {
        event.preventDefault();
        const all = fields();
        all[all.indexOf(field) + 1]?.focus();
      }
    });
    // However long the month is: the entry line with its buttons stands at the lower edge of the screen.
    entry.querySelector(".actions")?.scrollIntoView({ block: "end" });
    const wrong = entry.querySelector(".invalid input, .invalid select");
    (wrong || entry.querySelector("[name$='0-summary']"))?.focus({ preventScroll: true });
  }

  // --- Ticks beside a statement, and notes and coins counted: what they come to, while one works ---
  const sums = document.querySelector("[data-sums]");
  if (sums) {
    const fenOf = (text) => BigInt(Math.round(Number(text || 0) * 100));
    const yuanOf = (amount) => {
      const size = amount < 0n ? -amount : amount;
      const yuan = String(size / 100n).replace(/\B(?=(\d{3})+$)/g, ",");
      return `${amount < 0n ? "\u2212" : ""}${yuan}.${String(size % 100n).padStart(2, "0")}`;
    };
    const put = (name, amount) =>
      sums.querySelectorAll(`[data-sum=${name}]`).forEach((place) => (place.textContent = yuanOf(amount)));
    const add = () => {
      let total = fenOf(sums.dataset.sums);
      sums.querySelectorAll("[data-effect]:checked").forEach((box) => (total += fenOf(box.dataset.effect)));
      sums.querySelectorAll("[data-worth]").forEach((field) => {
        const pieces = /^\d{1,7}$/.test(field.value.trim()) ? BigInt(field.value.trim()) : 0n;
        total += pieces * BigInt(field.dataset.worth);
      });
      put("total", total);
      const typed = sums.querySelector("[name=statement_balance]");
      const plain = typed ? typed.value.replace(/[,\s元]/g, "") : sums.dataset.against || "0";
      if (/^-?\d+(\.\d{1,2})?$/.test(plain)) put("difference", typed ? fenOf(plain) - total : total - fenOf(plain));
    };
    sums.addEventListener("input", add);
    add();
  }

  // --- Forms that are sent once; and every error summary is read first ---
  document.querySelectorAll("form[data-once], form[data-entry]").forEach((form) => {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    window.addEventListener("pageshow", () => (sent = false));
  });
  if (!entry) document.querySelector(".error-summary")?.focus();
})();
