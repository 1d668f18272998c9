/**
 * The Ollama client library and nothing of Gearshift, because this file becomes a bundle of its own that is loaded with the
 * first call. Its browser entry reads no files.
 */
export { Ollama } from 'ollama/browser';
export type { Tool } from 'ollama/browser';
