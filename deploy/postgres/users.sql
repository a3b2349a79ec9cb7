-- The database of user management, beside that of the CRM.
CREATE DATABASE users;
