// What the official clients need to ask a person: who they are, what they keep, and where the person goes.
import { ask, redirectUri, stopListening } from "../../../oauth/external_clients/ask.mjs";

export class Person {
  asked = [];
  redirectUrl = redirectUri;
  clientMetadata = { client_name: "Judge", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" };

  // `keep` says what is kept of the tokens.
  constructor(keep) {
    this.keep = keep;
  }

  async redirectToAuthorization(url) {
    this.asked.push(url.searchParams.get("scope"));
    this.answer = (await ask(url)).searchParams;
  }

  clientInformation() {
    return this.client;
  }

  saveClientInformation(client) {
    this.client = client;
  }

  tokens() {
    return this.kept;
  }

  saveTokens(tokens) {
    this.kept = this.keep(tokens);
  }

  codeVerifier() {
    return this.verifier;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  leave() {
    stopListening();
  }
}
