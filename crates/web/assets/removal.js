// Solves the puzzle of the removal form when its button is pressed, or at once where it was pressed before: finds the number for which SHA-256 of
// "WORD.NUMBER" begins with so many zero bits. SHA-256 (FIPS 180-4) stands here because browsers offer theirs only under https. Without this script
// the form works by a wait.
"use strict";
(() => {
  const form = document.querySelector("form[data-bits]");
  if (!form) return;
  // Tries between two looks at whether the reader wants something.
  const AT_ONCE = 20000;

  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  const K = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
  const START = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
  const W = new Int32Array(64);

  // One block of 64 bytes, from `at` on, into the state H.
  const block = (H, bytes, at) => {
    for (let i = 0; i < 16; i++, at += 4)
      W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = H;
    for (let i = 0; i < 64; i++) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    H[0] += a; H[1] += b; H[2] += c; H[3] += d; H[4] += e; H[5] += f; H[6] += g; H[7] += h;
  };

  // The zero bits that the digest of an ASCII text, shorter than two blocks, begins with; 32 at most are asked for.
  const zeros = (text) => {
    const bytes = new Uint8Array(text.length < 56 ? 64 : 128);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    bytes[text.length] = 128;
    bytes[bytes.length - 2] = text.length >> 5;
    bytes[bytes.length - 1] = text.length << 3;
    const H = START.slice();
    for (let at = 0; at < bytes.length; at += 64) block(H, bytes, at);
    return Math.clz32(H[0]);
  };

  const solve = (word, bits, done) => {
    let number = 0;
    const some = () => {
      for (const end = number + AT_ONCE; number < end; number++)
        if (zeros(word + "." + number) >= bits) return done(number);
      setTimeout(some);
    };
    setTimeout(some);
  };

  const work = () => {
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    form.querySelector("[role=status]").textContent = form.dataset.working;
    solve(form.elements.puzzle.value, Number(form.dataset.bits), (number) => {
      form.elements.solution.value = number;
      form.submit();
      delete form.dataset.busy;
    });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
  // The reader has pressed the button already, and the puzzle of then did not hold.
  if (form.dataset.again) work();
})();
