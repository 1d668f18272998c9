/**
 * The OpenAI client library and nothing of Gearshift, because this file becomes a bundle of its own that is loaded with the
 * first cloud call: 385 kB that a window which only completes code never reads.
 */
export { OpenAI } from 'openai';
