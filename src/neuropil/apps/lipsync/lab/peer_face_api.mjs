// Runs a network of face-api on pictures, for peers.py:
//
//     node peer_face_api.mjs NODE_MODULES NETWORK FOLDER
//
// NETWORK is faceLandmark68TinyNet, faceLandmark68Net or tinyFaceDetector. What is read from FOLDER
// and written there peers.py says. Weights come from the package: nothing is asked of a network.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const [modules, name, folder] = process.argv.slice(2);
const CANDIDATE = 0.02; // score of a box for the curve of recall over false alarms
const SIDE = 416; // pixels of the square in which faces are looked for, the package's own choice

const load = createRequire(join(resolve(modules), "from-here.js"));
const tf = load("@tensorflow/tfjs");
const wasm = load("@tensorflow/tfjs-backend-wasm");
const faceapi = load("@vladmandic/face-api/dist/face-api.node-wasm.js");

async function openNetwork() {
  wasm.setWasmPaths(dirname(load.resolve("@tensorflow/tfjs-backend-wasm")) + "/");
  await tf.setBackend("wasm");
  const models = join(dirname(load.resolve("@vladmandic/face-api/package.json")), "model");
  await faceapi.nets[name].loadFromDisk(models);
  return faceapi.nets[name];
}

function readPictures() {
  const sizes = JSON.parse(readFileSync(join(folder, "pictures.json")));
  const bytes = readFileSync(join(folder, "pictures.raw"));
  let start = 0;
  return sizes.map(([height, width]) => {
    const pixels = bytes.subarray(start, (start += height * width * 3));
    return { height, width, pixels };
  });
}

async function findFaces(network, picture) {
  const options = { inputSize: SIDE, scoreThreshold: CANDIDATE };
  const found = await network.locateFaces(picture, options);
  return found.map(({ box, score }) => [box.left, box.top, box.right, box.bottom, score]);
}

async function findPoints(network, picture) {
  const found = await network.detectLandmarks(picture);
  return found.positions.map(({ x, y }) => [x, y]);
}

const network = await openNetwork();
const find = name === "tinyFaceDetector" ? findFaces : findPoints;
const answer = { found: [], seconds: [] };
for (const { height, width, pixels } of readPictures()) {
  const picture = tf.tensor3d(Int32Array.from(pixels), [height, width, 3], "int32");
  const started = performance.now();
  answer.found.push(await find(network, picture));
  answer.seconds.push((performance.now() - started) / 1000);
  picture.dispose();
}
writeFileSync(join(folder, "answer.json"), JSON.stringify(answer));
