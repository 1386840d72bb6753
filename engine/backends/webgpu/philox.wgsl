// Philox4x32-10, bit for bit as engine/random/philox.ts; Salmon et al. 2011.

fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let middle2 = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (middle2 >> 16u);
}

fn philox(seed: u32, step: u32, stream: u32, block: u32) -> vec4u {
  var c = vec4u(block, step, stream, 0u);
  var k = vec2u(seed, 0x1bd11bdau);
  for (var round = 0; round < 10; round++) {
    c = vec4u(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

fn philox_word(seed: u32, step: u32, stream: u32, index: u32) -> u32 {
  let words = philox(seed, step, stream, index >> 2u);
  return words[index & 3u];
}
