// Where the dashboard starts in the browser: the sheets, in order, and the page's root.
// Before any schema is made.
import './no-eval.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/pages.css';
import './styles/charts.css';
import './styles/dialog.css';
import './styles/lists.css';
import './styles/settings.css';
import './styles/access.css';
import './styles/webhooks.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
