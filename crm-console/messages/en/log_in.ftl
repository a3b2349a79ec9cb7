# Log-in.
log-in-title = Log in
log-in-heading = Log in to { $value }
log-in = Log in
log-in-password = Password
log-in-code = Code of your second factor
log-in-refused = The e-mail address or the password is wrong.
log-in-code-required = Enter your password again, and the code of your second factor.
log-in-code-wrong = The code is wrong. Enter your password and a new code.
log-in-too-many = There were too many attempts. Try again in a few minutes.
log-in-unavailable = Log-in is not available at the moment. Try again soon.
log-in-demo = Demo: log in with one click
forgot = Forgot your password?
forgot-title = Forgot your password?
forgot-text = Enter your e-mail address. If it has an account, we send a link with which you choose a new password.
forgot-send = Send link
forgot-sent = If the address has an account, a link is on its way. Look into your mail. If nothing arrives, ask an administrator of your company.
forgot-back = Back to log-in
