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
