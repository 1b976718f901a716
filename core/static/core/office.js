// Keys of the office pages. Every page works without this file; it only saves the hand the way to the mouse.
//   [data-queue] with [data-row]   J K move, Enter opens, 1–9 open at once; [data-open] is the row's link
//   #keys [data-does][data-on]     the sheet of keys: which keys all pages have, and what they do; ? shows it, Esc hides it
//   [data-key]                     a key or a combination that presses this button: "a", "f2", "ctrl+enter"
//   form[data-entry]               Enter goes on to the next field, = copies the field above from the last voucher,
//                                  F4 adds a line on the spot, quantity × price fills the amount, the sum in capitals
//   form[data-answers]             a digit chooses in the present [data-question], Enter goes on, the last one saves
//   [data-sums] with [data-effect] or [data-worth]   adds up ticks or pieces into [data-sum]
//   form[data-once]                is sent once, however often the button is pressed
"use strict";

(() => {
  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.matches("input:not([type=checkbox], [type=radio]), select, textarea") || target.isContentEditable);

  // --- Search ---
  const search = document.getElementById("search");

  // --- Side navigation: on phones one row, which shows where one is ---
  const place = document.querySelector(".side [aria-current]");
  if (place) document.querySelector(".side > ul").scrollLeft = place.offsetLeft - 48;

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

  // --- The sheet of keys: what it says is what the keys do ---
  const sheet = document.getElementById("keys");
  const does = new Map();
  let before = null;

  sheet?.querySelectorAll("dl > div").forEach((row) => {
    if (row.dataset.needs && !document.querySelector(row.dataset.needs)) row.remove();
    else (row.dataset.on || "").split(" ").forEach((key) => key && does.set(key, row.dataset.does));
  });
  buttons.forEach((button) => {
    const row = document.createElement("div");
    const [term, caps] = [document.createElement("dt"), document.createElement("dd")];
    const said = button.cloneNode(true);
    said.querySelectorAll("kbd").forEach((cap) => caps.append(cap));
    term.textContent = said.textContent.trim();
    row.append(term, caps);
    if (sheet?.hidden) sheet.querySelector("dl").prepend(row);
  });

  const acts = {
    search() {
      search.focus();
      search.select();
    },
    next: () => go(1),
    previous: () => go(-1),
    open(event) {
      if (here < 0 || event.target !== document.body) return false;
      opens(rows[here])?.click();
    },
    straight(event) {
      const row = rows[event.key - 1];
      if (!row?.querySelector("[data-number]")) return false;
      opens(row)?.click();
    },
    sheet() {
      if (!sheet.hidden) return acts.close();
      before = document.activeElement;
      sheet.hidden = false;
      sheet.focus({ preventScroll: true });
      sheet.scrollIntoView({ block: "nearest" });
    },
    close() {
      if (!sheet || sheet.hidden || !before) return false;
      sheet.hidden = true;
      before.focus();
      before = null;
    },
  };
  document.querySelector("[data-sheet]")?.addEventListener("click", (event) => {
    if (!sheet) return;
    event.preventDefault();
    acts.sheet();
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.metaKey) return;
    const name = named(event);
    const free = !typing(event.target);
    const button = buttons.get(name);
    if (button && (free || name.length > 1)) {
      event.preventDefault();
      button.click();
    } else if (free && !event.ctrlKey && !event.altKey && does.has(name)) {
      if (acts[does.get(name)](event) !== false) event.preventDefault();
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
    // The same words as core.money.capitals.
    const capitals = (amount) => {
      const digits = "零壹贰叁肆伍陆柒捌玖";
      const group = (value) => {
        let words = "", gap = false;
        for (let place = 3; place >= 0; place--) {
          const digit = Math.floor(value / 10 ** place) % 10;
          if (digit) words += (gap && words ? "零" : "") + digits[digit] + ["", "拾", "佰", "仟"][place];
          gap = !digit;
        }
        return words;
      };
      const yuan = amount / 100n, cents = Number(amount % 100n);
      let words = "", gap = false;
      for (let index = 3; index >= 0; index--) {
        const value = Number((yuan / 10000n ** BigInt(index)) % 10000n);
        if (value) {
          words += (words && (gap || value < 1000) ? "零" : "") + group(value) + ["", "万", "亿", "万亿"][index];
          gap = false;
        } else if (words) gap = true;
      }
      const jiao = Math.floor(cents / 10), rest = cents % 10;
      if (words) words += "元";
      if (!cents) return `${words || "零元"}整`;
      if (!rest) return `${words}${digits[jiao]}角整`;
      return words + (jiao ? `${digits[jiao]}角` : words ? "零" : "") + `${digits[rest]}分`;
    };
    const closing = entry.dataset.closing.replace(/[^0-9-]/g, "");
    const written = { sum: entry.querySelector("[data-total]"), capitals: entry.querySelector("[data-capitals]") };
    const sum = () => {
      let total = BigInt(closing), typed = 0n;
      const target = entry.querySelector("[name=to_account]");
      const inside = target && target.value && !target.selectedOptions[0].text.includes(" ");
      entry.querySelectorAll("[name$=-income], [name$=-expense]").forEach((field) => {
        const amount = fen(field.value);
        typed += amount;
        if (!inside) total += field.name.endsWith("income") ? amount : -amount;
      });
      const balance = entry.querySelector("[data-balance]");
      if (balance) balance.textContent = shown(total);
      if (written.sum) written.sum.textContent = shown(typed);
      if (written.capitals) written.capitals.textContent = typed ? capitals(typed) : "";
    };

    // Quantity × price is the amount, in the account's column, as long as nobody typed another one there.
    const half = (text) =>
      text.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).trim().toLowerCase();
    const exact = (text) => {
      const found = /^(\d{1,12})(?:\.(\d{1,4}))?$/.exec(half(text).replace(/[,\s元]/g, ""));
      return found ? BigInt(found[1]) * 10000n + BigInt((found[2] || "").padEnd(4, "0")) : null;
    };
    const options = [...document.querySelectorAll("#accounts option")];
    const column = (text) => {
      const meant = half(text);
      const found = options.find(
        (o) => [o.value, o.value.slice(0, 3), o.value.slice(4), o.textContent].some((x) => x.toLowerCase() === meant),
      );
      return found ? found.dataset.column : "expense";
    };
    const multiply = (field) => {
      const line = /^(line-\d+)-(quantity|unit_price|account)$/.exec(field.name || "");
      if (!line) return;
      const of = (name) => entry.elements[`${line[1]}-${name}`];
      const [quantity, price] = [exact(of("quantity").value), exact(of("unit_price").value)];
      const side = column(of("account").value);
      if (quantity === null || price === null || !side) return;
      const amount = (quantity * price + 500000n) / 1000000n;
      const [target, other] = side === "income" ? [of("income"), of("expense")] : [of("expense"), of("income")];
      if (other.value && other.value === other.dataset.filled) other.value = "";
      if (other.value || (target.value && target.value !== target.dataset.filled)) return;
      target.value = target.dataset.filled = shown(amount);
    };

    // One more line, on the spot.
    const blank = document.querySelector("template[data-new-line]");
    const addLine = () => {
      const count = entry.elements.line_count;
      const number = Number(count.value);
      if (!blank || number >= 40) return false;
      entry.querySelectorAll("[data-balance]").forEach((cell) => {
        cell.removeAttribute("data-balance");
        cell.removeAttribute("data-label");
        cell.textContent = "";
      });
      const rows = [...blank.content.cloneNode(true).querySelectorAll("tr")];
      rows.forEach((row) => {
        [row, ...row.querySelectorAll("*")].forEach((part) => {
          for (const name of ["id", "name", "for"]) {
            const value = part.getAttribute(name);
            if (value) part.setAttribute(name, value.replace("__n__", number));
          }
        });
      });
      entry.querySelector("[data-rest]").before(...rows);
      count.value = String(number + 1);
      sum();
      entry.querySelector(".actions")?.scrollIntoView({ block: "end" });
      entry.elements[`line-${number}-summary`].focus({ preventScroll: true });
      return true;
    };
    entry.querySelector("button[name=act][value=line]")?.addEventListener("click", (event) => {
      if (addLine()) event.preventDefault();
    });
    entry.addEventListener("input", (event) => multiply(event.target));
    entry.addEventListener("input", sum);
    sum();

    entry.addEventListener("keydown", (event) => {
      const field = event.target;
      if (event.isComposing || event.ctrlKey || event.altKey || !(field instanceof HTMLElement)) return;
      if (event.key === "=" && field.dataset.last !== undefined && field.value === "") {
        event.preventDefault();
        field.value = field.dataset.last;
        multiply(field);
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

  // --- A sheet of answers: a digit chooses, Enter goes on to the next question, the last Enter saves ---
  const answers = document.querySelector("form[data-answers]");
  if (answers) {
    const questions = [...answers.querySelectorAll("[data-question]")];
    const enter = (question) => {
      const field = question.querySelector("input:checked") || question.querySelector("input, select");
      field?.focus();
      if (field?.matches("[type=text], input:not([type])")) field.select();
    };
    const present = () => questions.findIndex((question) => question.contains(document.activeElement));
    answers.addEventListener("keydown", (event) => {
      const field = event.target;
      if (event.isComposing || event.ctrlKey || event.altKey || !field.matches("[data-question] *")) return;
      const at = present();
      if (event.key === "Enter" || (event.key === "ArrowUp" && !field.matches("[type=radio], select"))) {
        event.preventDefault();
        const next = questions[at + (event.key === "Enter" ? 1 : -1)];
        if (next) enter(next);
        else if (event.key === "Enter") answers.querySelector(".actions button").click();
      } else if (/^[0-9]$/.test(event.key) && field.matches("[data-digit]")) {
        const meant = questions[at].querySelector(`[data-digit="${event.key}"]`);
        event.preventDefault();
        if (!meant) return;
        meant.click();
        meant.focus();
      }
    });
    const first = answers.querySelector(".invalid") || questions[0];
    if (first) enter(first);
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
  if (!entry && !answers) document.querySelector(".error-summary")?.focus();
})();
