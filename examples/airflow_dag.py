"""The nightly job as an Airflow DAG: each step is the command that a person would run.

A step is safe to run again, so retries do no harm. `ds` is the day that the run is for, so a backfill scores as of that
day. Alarms of `monitor` end with 3 or 5: give that task an `on_failure_callback` that tells the person on duty.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

PROJECT = "/srv/leads"
MODEL = "--model models/released/won --source data/sources/acme.yaml --as-of {{ ds }}"

STEPS = {
    "score": f"predictive-scoring score {MODEL} --out scores/{{{{ ds }}}} --latest",
    "export": "predictive-scoring export --scores scores/{{ ds }} --to postgresql --env LEADS_DSN --table crm.scores",
    "monitor": f"predictive-scoring monitor {MODEL} --scores scores --out monitor",
}

with DAG(
    dag_id="lead_scoring",
    schedule="15 4 * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=10), "execution_timeout": timedelta(hours=2)},
) as dag:
    tasks = [BashOperator(task_id=name, bash_command=command, cwd=PROJECT) for name, command in STEPS.items()]
    tasks[0] >> tasks[1] >> tasks[2]
