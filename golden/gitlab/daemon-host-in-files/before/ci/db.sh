psql --host=docker --user=app --command "select 1"
