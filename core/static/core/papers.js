// Keys of paper entry (录票). The page works without this file: it only saves the hand the way to the mouse.
//   form[data-paper]     a key chooses in the present [data-question] ([data-digit] is the choice's key), the next one
//                        becomes present; + gives the rest the first one's answer; ? doubts; ← goes back; Enter saves
//   [data-seats]         an election: a [data-question] per candidate, then a [data-whole] one, where 9 makes the whole
//                        question invalid from any candidate, and w leads to the names written in ([data-written])
//   a scanner            is a keyboard that types fast and ends with Enter: what it typed goes into the field "next"
//   [data-scan]          a field beside which the camera may read a code, where the browser can
"use strict";

(() => {
  const FAST = 35; // ms between two signs of a scanner
  const SHORTEST = 6; // signs of a code

  // --- The paper in hand ---
  const form = document.querySelector("form[data-paper]");
  const questions = form ? [...form.querySelectorAll("[data-question]")] : [];
  let here = 0;

  const boxes = (question) => [...question.querySelectorAll("[data-digit]")];
  const chosen = (question) => boxes(question).filter((box) => box.checked);
  const several = (question) => question.dataset.most !== "1" || boxes(question)[0].type === "checkbox";
  const single = (value) => value === "未填" || value === "无效";

  // An election: approvals and names written in are at most as many as there are seats.
  const tellSeats = (group) => {
    const most = Number(group.dataset.seats);
    const approved = [...group.querySelectorAll(".candidate :checked")].filter((box) => box.value === "赞成").length;
    const written = [...group.querySelectorAll(".written input")].filter((field) => field.value.trim()).length;
    const whole = group.querySelector("[data-whole]");
    const place = whole.querySelector("[data-over]");
    place.hidden = approved + written <= most;
    place.textContent = place.hidden ? "" : `赞成了${approved + written}人，最多${most}人：存了就是选多了，本题无效。`;
    whole.classList.toggle("is-void", chosen(whole).some((box) => box.value === "无效"));
  };

  const tell = (question) => {
    const group = question.closest("[data-seats]");
    if (group) {
      tellSeats(group);
      return;
    }
    const marks = chosen(question).filter((box) => !single(box.value));
    const most = Number(question.dataset.most);
    const over = several(question) && (marks.length > most || (marks.length > 1 && marks.some((b) => b.value === "弃权")));
    const place = question.querySelector("[data-over]");
    place.hidden = !over;
    place.textContent = over ? `选了${marks.length}项，最多${most}项：存了就是选多了，本题无效。` : "";
  };

  const go = (to) => {
    here = Math.min(Math.max(to, 0), questions.length - 1);
    questions.forEach((question, i) => question.classList.toggle("present", i === here));
    questions[here]?.scrollIntoView({ block: "nearest" });
  };

  const pick = (question, box) => {
    if (!several(question)) box.checked = true;
    else {
      box.checked = !box.checked;
      boxes(question).forEach((other) => {
        if (other !== box && box.checked && (single(box.value) || single(other.value))) other.checked = false;
      });
    }
    tell(question);
  };

  const open = () => questions.findIndex((question) => !chosen(question).length);
  const details = form?.querySelector("details.paper-more");
  const voided = () => form.elements.void.value || form.elements.doubtful.checked;

  const save = () => {
    const next = open();
    if (next >= 0 && !voided()) go(next);
    else form.querySelector("[data-save]")?.click();
  };

  // The whole of an election is invalid: what was not chosen of its candidates is left blank.
  const voidSeats = (group) => {
    const whole = group.querySelector("[data-whole]");
    questions.forEach((question) => {
      const blank = boxes(question).find((box) => box.value === "未填");
      if (group.contains(question) && blank && !chosen(question).length) pick(question, blank);
    });
    pick(whole, boxes(whole)[1]);
    go(questions.indexOf(whole));
  };

  const press = (key) => {
    const question = questions[here];
    const group = question.closest("[data-seats]");
    if (group && key === "w") group.querySelector("[data-written]")?.focus();
    if (group && key === "9") voidSeats(group);
    if (group && "w9".includes(key)) return true;
    const box = boxes(question).find((each) => each.dataset.digit === key);
    if (!box) return false;
    pick(question, box);
    if ((!several(question) || single(box.value)) && here < questions.length - 1) go(here + 1);
    return true;
  };

  const rest = () => {
    const first = chosen(questions[0])[0];
    if (!first) return;
    questions.forEach((question) => {
      const same = boxes(question).find((box) => box.value === first.value && box.dataset.digit === first.dataset.digit);
      if (!chosen(question).length && same) pick(question, same);
    });
    const next = open();
    go(next < 0 ? questions.length - 1 : next);
  };

  const acts = {
    Enter: save,
    "+": rest,
    "?"() {
      form.elements.doubtful.checked = !form.elements.doubtful.checked;
      details.open = true;
    },
    "？"() {
      acts["?"]();
    },
    ArrowLeft: () => go(here - 1),
    ArrowUp: () => go(here - 1),
    ArrowRight: () => go(here + 1),
    ArrowDown: () => go(here + 1),
    Backspace() {
      boxes(questions[here]).forEach((box) => (box.checked = false));
      tell(questions[here]);
    },
    F8() {
      details.open = true;
      form.elements.void.focus();
    },
    Escape: () => document.querySelector("[data-leave]").click(),
  };

  const typing = (target) => target.matches("input:not([type=checkbox], [type=radio]), select, textarea, button, a");

  // What came fast enough to be a scanner's waits until it is clear whether it is one.
  let buffer = "";
  let last = 0;
  let timer = 0;
  const settle = () => {
    const typed = buffer;
    buffer = "";
    [...typed].forEach((key) => (acts[key] ? acts[key]() : press(key.toLowerCase())));
  };

  const scanned = (text) => {
    const plain = text.toUpperCase().replace(/[^0-9A-Z]/g, "");
    if (plain.endsWith(form.dataset.serial) && form.dataset.serial) return;
    form.elements.next.value = text;
    save();
  };

  if (form && questions.length) {
    history.replaceState(null, "", form.dataset.here);
    questions.forEach((question, i) => {
      tell(question);
      question.addEventListener("change", () => {
        here = i;
        go(i);
        tell(question);
      });
    });
    form.querySelector("[data-void]")?.removeAttribute("hidden");
    form.querySelector("[data-void]")?.addEventListener("click", acts.F8);
    const next = open();
    const wrong = questions.findIndex((question) => question.classList.contains("invalid"));
    go(wrong >= 0 ? wrong : next < 0 ? 0 : next);
    form.querySelector(".error-summary")?.focus();

    document.addEventListener(
      "keydown",
      (event) => {
        if (event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
        const keys = document.getElementById("keys");
        if (event.key === "Escape" && keys && !keys.hidden) return;
        const own = event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
        if (own && event.key !== "Escape" && event.key !== "F8") return;
        if (typing(event.target) && event.key === "Enter") return;
        if (event.key === " ") return; // ticks the box in hand, as of a unit's seal
        const now = performance.now();
        if (event.key.length === 1) {
          clearTimeout(timer);
          if (now - last > FAST) settle();
          buffer += event.key;
          last = now;
          timer = setTimeout(settle, FAST + 5);
          event.preventDefault();
          event.stopImmediatePropagation();
          return;
        }
        if (!acts[event.key]) return;
        clearTimeout(timer);
        event.preventDefault();
        event.stopImmediatePropagation();
        if (event.key === "Enter" && buffer.length >= SHORTEST) {
          const text = buffer;
          buffer = "";
          scanned(text);
          return;
        }
        settle();
        acts[event.key]();
      },
      true,
    );
  }

  // --- The camera, where the browser reads codes itself ---
  const field = document.querySelector("[data-scan]");
  if (field && "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "用摄像头扫";
    field.form.querySelector(".actions").append(button);
    button.addEventListener("click", async () => {
      button.disabled = true;
      const video = document.createElement("video");
      video.className = "scan-picture";
      video.muted = video.playsInline = true;
      let stream = null;
      try {
        const reader = new window.BarcodeDetector({ formats: ["qr_code"] });
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        field.form.append(video);
        await video.play();
        for (const until = Date.now() + 60000; Date.now() < until; ) {
          const [code] = await reader.detect(video);
          if (code) {
            field.value = code.rawValue.slice(0, 200);
            field.form.requestSubmit();
            break;
          }
          await new Promise((done) => setTimeout(done, 150));
        }
      } catch {
        button.textContent = "摄像头用不了，请打票号";
      } finally {
        stream?.getTracks().forEach((track) => track.stop());
        video.remove();
        button.disabled = false;
      }
    });
  }
})();
