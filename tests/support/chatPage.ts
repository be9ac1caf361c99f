/** What people do in a tab with the page of Open WebUI. */

import type { Page } from 'playwright-core';
import type { Outputs } from '../../ops/outputs.ts';
import type { ModelServer, Writing } from './modelServer.ts';

/** Where people write. */
export const input = (tab: Page) => tab.locator('#chat-input');

/** By the form of the page, as the first administrator. */
export async function signIn(
  tab: Page,
  at: string,
  { adminEmail, adminPassword }: Pick<Outputs, 'adminEmail' | 'adminPassword'>,
): Promise<void> {
  await tab.goto(at);
  await tab.getByLabel('Email').fill(adminEmail);
  await tab.getByLabel('Password', { exact: true }).fill(adminPassword);
  await tab.getByRole('button', { name: 'Sign in' }).click();
}

/** Asks in a tab; returns the answer, which is to be written. */
export async function ask(tab: Page, model: ModelServer, question: string): Promise<Writing> {
  await input(tab).fill(question);
  await tab.getByRole('button', { name: 'Send message' }).click();
  const writing = await model.next();
  expect(writing.question).toBe(question);
  return writing;
}

/** Waits until a tab shows a text of an answer, as far as it is written. */
export const shows = (tab: Page, text: string) => tab.getByText(text, { exact: true }).first().waitFor();
