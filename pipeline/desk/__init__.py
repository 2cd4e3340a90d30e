"""The desk: pages on which the data team watches coverage, reviews doubtful pairs and approves editions.

They are served inside Airflow, behind its login; who is there and what Airflow is told comes through `gate.Gate`, so
that nothing here knows Airflow. Nothing of a report is on a page but on that of an open pair, and no page is kept by
a browser.
"""
