import { setNonce } from 'get-nonce';

// The page's nonce, which the server put on the script's own element. Every
// library that writes style elements at run time is given it.
export const nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';

setNonce(nonce); // the scroll lock under dialogs and menus
