// What a device does at best: multiply-adds within registers, and a copy. 64 invocations per workgroup.
//   source, kept   vec4f[n]   kept[i] = source[i], or the sums that an invocation computed
//   rounds.x       u32        how often an invocation makes 16 multiply-adds of 8 sums
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> kept: array<vec4f>;
@group(0) @binding(2) var<uniform> rounds: vec4u;

@compute @workgroup_size(64) fn arithmetic(@builtin(global_invocation_id) id: vec3u) {
  let x = kept[id.x];
  var s0 = x; var s1 = x + 1; var s2 = x + 2; var s3 = x + 3;
  var s4 = x + 4; var s5 = x + 5; var s6 = x + 6; var s7 = x + 7;
  let a = vec4f(0.5) + x;
  let b = vec4f(0.25) + x;
  for (var i = 0u; i < rounds.x; i++) {
    for (var j = 0; j < 16; j++) {
      s0 = fma(s0, a, b); s1 = fma(s1, a, b); s2 = fma(s2, a, b); s3 = fma(s3, a, b);
      s4 = fma(s4, a, b); s5 = fma(s5, a, b); s6 = fma(s6, a, b); s7 = fma(s7, a, b);
    }
  }
  kept[id.x] = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7;
}

// An invocation copies four vectors, a workgroup apart, so that neighbours read neighbours.
@compute @workgroup_size(64) fn copy(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * 256 + lane;
  for (var i = 0u; i < 256; i += 64) { kept[first + i] = source[first + i]; }
}
