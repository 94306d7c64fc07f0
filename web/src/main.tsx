import { render } from 'preact';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/sign-in.css';
import './styles/inbox.css';
import './styles/conversation.css';
import './styles/messages.css';
import './styles/reactions.css';
import './styles/composer.css';
import './styles/details.css';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');
render(<App />, root);
